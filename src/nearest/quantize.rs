//! Stores unit vectors in bytes and multiplies them with queries.

use super::Invalid;

/// The largest magnitude of a query's value: 12 bits, so that the sum over 4,096 dimensions stays below 2^31.
const QUERY_STEPS: f32 = 2047.0;
const CODE_STEPS: f32 = 127.0;

/// A vector to search for: nearly exact, unlike the stored ones.
pub(super) struct Query {
    values: Vec<i16>,
    scale: f32,
}

impl Query {
    pub(super) fn new(values: &[f32]) -> Self {
        let largest = largest(values);
        let steps = if largest > 0.0 { QUERY_STEPS / largest } else { 0.0 };
        let values = values.iter().map(|value| (value * steps).round() as i16).collect();
        Self { values, scale: largest / QUERY_STEPS }
    }

    /// The dot product with a stored vector.
    pub(super) fn dot(&self, codes: &[i8], scale: f32) -> f32 {
        multiply(codes, &self.values) as f32 * (self.scale * scale)
    }
}

/// Appends `values` to `codes`, and returns the size of one step: the one at which the stored vector's product with
/// `values` is that of `values` with themselves, so that a vector has cosine 1 with itself.
pub(super) fn encode(values: &[f32], codes: &mut Vec<i8>) -> f32 {
    let largest = largest(values);
    let steps = if largest > 0.0 { CODE_STEPS / largest } else { 0.0 };
    let (mut square, mut product) = (0.0, 0.0);
    codes.extend(values.iter().map(|value| {
        let code = (value * steps).round();
        square += value * value;
        product += value * code;
        code as i8
    }));
    if product > 0.0 { square / product } else { 0.0 }
}

/// `values` at length 1.
pub(super) fn unit(values: &[f32]) -> Result<Vec<f32>, Invalid> {
    let square: f64 = values.iter().map(|value| f64::from(*value) * f64::from(*value)).sum();
    if !square.is_finite() || square == 0.0 {
        return Err(Invalid::Directionless);
    }
    let length = square.sqrt();
    Ok(values.iter().map(|value| (f64::from(*value) / length) as f32).collect())
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |largest: f32, value| largest.max(value.abs()))
}

/// The sum of products. It cannot overflow (see [`QUERY_STEPS`]); wrapping arithmetic lets the compiler vectorise it
/// where overflow is checked.
#[inline]
fn multiply(codes: &[i8], values: &[i16]) -> i32 {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, which is all that the function needs.
        return unsafe { multiply_avx2(codes, values) };
    }
    multiply_anywhere(codes, values)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn multiply_avx2(codes: &[i8], values: &[i16]) -> i32 {
    multiply_anywhere(codes, values)
}

#[inline(always)]
fn multiply_anywhere(codes: &[i8], values: &[i16]) -> i32 {
    codes
        .iter()
        .zip(values)
        .fold(0, |sum: i32, (code, value)| sum.wrapping_add(i32::from(*code).wrapping_mul(i32::from(*value))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stored_vector_has_nearly_the_cosine_of_the_original() {
        let a = unit(&(0..1280).map(|i| (i as f32 * 0.37).sin() + 0.4).collect::<Vec<_>>()).unwrap();
        let b = unit(&(0..1280).map(|i| (i as f32 * 0.11).cos() + 0.4).collect::<Vec<_>>()).unwrap();
        let exact: f32 = a.iter().zip(&b).map(|(a, b)| a * b).sum();
        let mut codes = Vec::new();
        let scale = encode(&b, &mut codes);
        assert!((Query::new(&a).dot(&codes, scale) - exact).abs() < 0.001);
    }

    #[test]
    fn the_longest_vector_does_not_overflow() {
        let dot = Query::new(&[1.0; 4096]).dot(&[127; 4096], 1.0);
        assert!((dot - 127.0 * 4096.0).abs() < 1.0);
    }

    #[test]
    fn a_vector_without_direction_is_refused() {
        for values in [vec![0.0; 3], vec![1.0, f32::NAN], vec![f32::INFINITY, 0.0], vec![]] {
            assert_eq!(unit(&values), Err(Invalid::Directionless));
        }
        assert!(unit(&[f32::MAX, f32::MIN_POSITIVE]).is_ok());
    }
}
