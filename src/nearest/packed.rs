//! Several vectors in one text of bytes, to store: four bytes for a scale and one for each value.

use super::quantize::encode;

const SCALE: usize = size_of::<f32>();

/// Vectors of equal length as bytes; one that is all zero has no direction when it is read.
pub(crate) fn packed(vectors: &[Vec<f32>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for vector in vectors {
        let mut codes = Vec::with_capacity(vector.len());
        let scale = encode(vector, &mut codes);
        bytes.extend(scale.to_le_bytes());
        bytes.extend(codes.iter().map(|code| code.cast_unsigned()));
    }
    bytes
}

/// The number of values of each of `count` vectors in so many bytes.
pub(crate) const fn packed_dimension(bytes: usize, count: usize) -> usize {
    (bytes / count).saturating_sub(SCALE)
}

/// The vectors of this many values.
pub(crate) fn unpacked(bytes: &[u8], dimension: usize) -> impl Iterator<Item = Vec<f32>> {
    bytes.chunks_exact(SCALE + dimension).map(|one| {
        let (scale, codes) = one.split_first_chunk::<SCALE>().unwrap_or((&[0; SCALE], &[]));
        let scale = f32::from_le_bytes(*scale);
        codes.iter().map(|code| f32::from(code.cast_signed()) * scale).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_outlive_being_packed() {
        let vectors = [vec![1.0, -0.5, 0.25], vec![0.0, 3.0, -4.0], vec![0.0; 3]];
        let bytes = packed(&vectors);
        assert_eq!(packed_dimension(bytes.len(), 3), 3);
        let found: Vec<Vec<f32>> = unpacked(&bytes, 3).collect();
        for (found, vector) in found.iter().zip(&vectors) {
            assert!(found.iter().zip(vector).all(|(a, b)| (a - b).abs() < 0.03), "{found:?} {vector:?}");
        }
        assert_eq!((found.len(), packed_dimension(0, 9)), (3, 0));
    }
}
