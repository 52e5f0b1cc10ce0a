//! Combines vectors, and compares them by what they do not have in common.

use super::Invalid;
use super::quantize::unit;

/// What the embeddings of a collection have in common: the mean of their unit vectors.
///
/// The values of many models are never negative, so that all pictures look alike to them in part. Relative to this common
/// part, the nearest works agree better. It is computed once for a collection and a model, and kept: vectors relative to
/// different ones cannot be compared.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Center(Vec<f32>);

impl Center {
    /// The centre of some vectors; a sample of a few thousand is enough.
    pub(crate) fn of<'a>(vectors: impl IntoIterator<Item = &'a [f32]>) -> Result<Self, Invalid> {
        let (sum, count) = sum(vectors)?;
        if count == 0 {
            return Err(Invalid::Directionless);
        }
        Ok(Self(sum.into_iter().map(|value| (value / f64::from(count)) as f32).collect()))
    }

    /// The direction in which a vector differs from the centre; both a collection's vectors and queries are to be taken
    /// relative to it.
    pub(crate) fn relative(&self, vector: &[f32]) -> Result<Vec<f32>, Invalid> {
        if vector.len() != self.0.len() {
            return Err(Invalid::Length { expected: self.0.len(), found: vector.len() });
        }
        let difference: Vec<f32> =
            unit(vector)?.iter().zip(&self.0).map(|(value, center)| value - center).collect();
        unit(&difference)
    }
}

/// The direction of several vectors together, such as those of a work's images: the mean of their unit vectors.
pub(crate) fn mean<'a>(vectors: impl IntoIterator<Item = &'a [f32]>) -> Result<Vec<f32>, Invalid> {
    let (sum, _) = sum(vectors)?;
    unit(&sum.into_iter().map(|value| value as f32).collect::<Vec<_>>())
}

/// The sum of unit vectors, and their number.
fn sum<'a>(vectors: impl IntoIterator<Item = &'a [f32]>) -> Result<(Vec<f64>, u32), Invalid> {
    let mut vectors = vectors.into_iter().peekable();
    let expected = vectors.peek().map_or(0, |first| first.len());
    let (mut sum, mut count) = (vec![0.0; expected], 0);
    for vector in vectors {
        if vector.len() != expected {
            return Err(Invalid::Length { expected, found: vector.len() });
        }
        sum.iter_mut().zip(unit(vector)?).for_each(|(sum, value)| *sum += f64::from(value));
        count += 1;
    }
    Ok((sum, count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mean_weighs_all_vectors_alike() {
        let found = mean([[9.0, 0.0].as_slice(), &[0.0, 1.0]]).unwrap();
        assert!((found[0] - found[1]).abs() < 1e-6 && (found[0] - 0.5_f32.sqrt()).abs() < 1e-6);
        assert_eq!(mean([]), Err(Invalid::Directionless));
        assert_eq!(mean([[1.0].as_slice(), &[-1.0]]), Err(Invalid::Directionless));
        assert_eq!(mean([[1.0].as_slice(), &[1.0, 2.0]]), Err(Invalid::Length { expected: 1, found: 2 }));
    }

    #[test]
    fn vectors_relative_to_their_centre_point_apart() {
        let (a, b) = ([1.0, 0.2], [1.0, -0.2]);
        let center = Center::of([a.as_slice(), &b]).unwrap();
        let (a, b) = (center.relative(&a).unwrap(), center.relative(&b).unwrap());
        assert!(a.iter().zip(&b).map(|(a, b)| a * b).sum::<f32>() < -0.99);
        assert!(center.relative(&[1.0]).is_err());
    }
}
