//! Embeddings at length 1.

use super::Invalid;

/// `values` at length 1, if they are `expected` many.
pub(super) fn unit(values: &[f32], expected: usize) -> Result<Vec<f32>, Invalid> {
    if values.len() != expected {
        return Err(Invalid::Length { expected, found: values.len() });
    }
    let square: f64 = values.iter().map(|value| f64::from(*value) * f64::from(*value)).sum();
    if !square.is_finite() || square == 0.0 {
        return Err(Invalid::Directionless);
    }
    let length = square.sqrt();
    Ok(values.iter().map(|value| (f64::from(*value) / length) as f32).collect())
}

pub(super) fn dot(a: &[f32], b: &[f32]) -> f32 {
    // Lanes of their own let the compiler vectorise the sum without changing its order from one run to the next.
    let mut lanes = [0.0_f32; 8];
    let (a, b) = (a.as_chunks::<8>(), b.as_chunks::<8>());
    for (a, b) in a.0.iter().zip(b.0) {
        for lane in 0..8 {
            lanes[lane] += a[lane] * b[lane];
        }
    }
    lanes.iter().sum::<f32>() + a.1.iter().zip(b.1).map(|(a, b)| a * b).sum::<f32>()
}
