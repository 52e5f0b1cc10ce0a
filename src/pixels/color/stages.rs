//! Builds the steps from samples to linear light of the output from a profile (ICC.1:2022, §8.3 and §10.10 to §10.12).

use moxcms::{
    ColorProfile, DataColorSpace, LutDataType, LutMultidimensionalType, LutStore, LutType, LutWarehouse,
};

use super::Output;
use super::affine::Affine;
use super::curve::Curve;
use super::grid::{Grid, Lanes};
use super::pipeline::{Pipeline, Stage};
use super::profile::unusable;
use crate::pixels::{Error, Model};

/// The white point of the connection space, D50 (§7.2.16).
const WHITE: [f64; 3] = [0.964_2, 1.0, 0.824_9];

/// The most nodes of a table: twice the largest in common use, and 8 MiB of memory.
const MAX_NODES: u64 = 1 << 19;

/// How a table encodes colors of the connection space as numbers between 0 and 1 (§6.3.4).
#[derive(Clone, Copy)]
enum Connection {
    Xyz,
    Lab,
    /// 16 bits in version 2: 100 is 65280.
    LegacyLab,
}

/// The pipeline for samples of `model` with this profile, relative colorimetric.
pub(super) fn by_profile(profile: &ColorProfile, model: Model, output: Output) -> Result<Pipeline, Error> {
    let tables = profile.lut_a_to_b_colorimetric.as_ref().or(profile.lut_a_to_b_perceptual.as_ref());
    let (inputs, stages) = match (tables, model) {
        (Some(LutWarehouse::Lut(table)), _) => by_table(table, profile.pcs, model, output)?,
        (Some(LutWarehouse::Multidimensional(table)), _) => by_elements(table, profile.pcs, model, output)?,
        (None, Model::Gray) => by_gray(profile, output)?,
        (None, Model::Rgb) => by_matrix(profile, output)?,
        (None, _) => return Err(unusable("it has no table for these samples")),
    };
    Pipeline::new(&inputs, stages).ok_or_else(|| unusable("too many or too few inputs"))
}

/// The pipeline for L*a*b*, which needs no profile, by CIE's formulas.
pub(super) fn by_lab(output: Output) -> Option<Pipeline> {
    Pipeline::new(&[const { Curve::Identity }; 3], connection(Connection::Lab, output))
}

type Stages = (Vec<Curve>, Vec<Stage>);

fn by_matrix(profile: &ColorProfile, output: Output) -> Result<Stages, Error> {
    let [Some(red), Some(green), Some(blue)] = [&profile.red_trc, &profile.green_trc, &profile.blue_trc]
    else {
        return Err(unusable("it has neither a table nor three_curves curves"));
    };
    let columns = [profile.red_colorant, profile.green_colorant, profile.blue_colorant];
    let rows = [columns.map(|c| c.x), columns.map(|c| c.y), columns.map(|c| c.z)];
    let stages = vec![Stage::Affine(Affine::new(rows)), Stage::Affine(output.light_of_xyz())];
    Ok((vec![Curve::of(red), Curve::of(green), Curve::of(blue)], stages))
}

fn by_gray(profile: &ColorProfile, output: Output) -> Result<Stages, Error> {
    let curve = profile.gray_trc.as_ref().ok_or_else(|| unusable("it has no curve"))?;
    let first = |[x, y, z]: [f64; 3]| Affine::new([[x, 0.0, 0.0], [y, 0.0, 0.0], [z, 0.0, 0.0]]);
    let stages = match profile.pcs {
        // L* alone.
        DataColorSpace::Lab => {
            let neutral = Affine { offset: [0.0, 128.0 / 255.0, 128.0 / 255.0], ..first([1.0, 0.0, 0.0]) };
            std::iter::once(Stage::Affine(neutral)).chain(connection(Connection::Lab, output)).collect()
        }
        _ => vec![Stage::Affine(first(WHITE)), Stage::Affine(output.light_of_xyz())],
    };
    Ok((vec![Curve::of(curve)], stages))
}

/// The stages of a lut8Type or lut16Type.
fn by_table(table: &LutDataType, pcs: DataColorSpace, model: Model, output: Output) -> Result<Stages, Error> {
    let count = model.count();
    if usize::from(table.num_input_channels) != count || table.num_output_channels != 3 {
        return Err(unusable("its table is for other samples"));
    }
    let curves = |store: &LutStore, length: u16, count: usize| {
        let values = normalized(store);
        let curves: Vec<Curve> = values
            .chunks_exact(usize::from(length).max(1))
            .map(|curve| Curve::Table(curve.to_vec()))
            .collect();
        if curves.len() == count { Ok(curves) } else { Err(unusable("a curve is missing")) }
    };
    let inputs = curves(&table.input_table, table.num_input_table_entries, count)?;
    let outputs = curves(&table.output_table, table.num_output_table_entries, 3)?;
    let sides = [table.num_clut_grid_points; 4];
    let mut stages = vec![grid(&sides[..count], &table.clut_table)?];
    stages.extend(three_curves(outputs));
    let encoding = match (pcs, table.lut_type) {
        (DataColorSpace::Xyz, _) => Connection::Xyz,
        (_, LutType::Lut16) => Connection::LegacyLab,
        _ => Connection::Lab,
    };
    stages.extend(connection(encoding, output));
    Ok((inputs, stages))
}

/// The stages of a lutAToBType: A, table, M, matrix, B, of which only B is required.
fn by_elements(
    table: &LutMultidimensionalType,
    pcs: DataColorSpace,
    model: Model,
    output: Output,
) -> Result<Stages, Error> {
    let count = model.count();
    if usize::from(table.num_input_channels) != count || table.num_output_channels != 3 {
        return Err(unusable("its table is for other samples"));
    }
    let curves = |curves: &[moxcms::ToneReprCurve]| curves.iter().map(Curve::of).collect::<Vec<_>>();
    let mut inputs = vec![Curve::Identity; count];
    let mut stages = Vec::new();
    match &table.clut {
        Some(clut) => {
            if table.a_curves.len() == count {
                inputs = curves(&table.a_curves);
            }
            stages.push(grid(&table.grid_points[..count], clut)?);
            stages.extend(three_curves(curves(&table.m_curves)));
        }
        None if count != 3 => return Err(unusable("it has no table for these samples")),
        None if table.m_curves.len() == 3 => inputs = curves(&table.m_curves),
        None => {}
    }
    let offset = table.bias.v;
    stages.push(Stage::Affine(Affine { rows: table.matrix.v, offset }));
    stages.extend(three_curves(curves(&table.b_curves)));
    let encoding = if pcs == DataColorSpace::Xyz { Connection::Xyz } else { Connection::Lab };
    stages.extend(connection(encoding, output));
    Ok((inputs, stages))
}

fn three_curves(curves: Vec<Curve>) -> Option<Stage> {
    curves.try_into().ok().map(Stage::Curves)
}

fn grid(sides: &[u8], store: &LutStore) -> Result<Stage, Error> {
    let count = sides.iter().map(|&side| u64::from(side)).product::<u64>();
    if count > MAX_NODES {
        return Err(unusable(format_args!("a table of {count} colors; up to {MAX_NODES} are supported")));
    }
    let node = |[x, y, z]: &[f32; 3]| -> Lanes { [*x, *y, *z, 0.0] };
    let nodes = normalized(store).as_chunks::<3>().0.iter().map(node).collect();
    Grid::new(sides, nodes).map(Stage::Grid).ok_or_else(|| unusable("its table has the wrong size"))
}

fn normalized(store: &LutStore) -> Vec<f32> {
    match store {
        LutStore::Store8(values) => values.iter().map(|&value| f32::from(value) / 255.0).collect(),
        LutStore::Store16(values) => values.iter().map(|&value| f32::from(value) / 65_535.0).collect(),
    }
}

/// The stages from a table's encoding of the connection space to linear light of the output.
fn connection(encoding: Connection, output: Output) -> Vec<Stage> {
    let more = match encoding {
        Connection::Xyz => {
            let units = Affine::scale([65_535.0 / 32_768.0; 3]);
            return vec![Stage::Affine(units), Stage::Affine(output.light_of_xyz())];
        }
        Connection::Lab => 1.0,
        Connection::LegacyLab => 65_535.0 / 65_280.0,
    };
    let units =
        Affine { offset: [0.0, -128.0, -128.0], ..Affine::scale([100.0 * more, 255.0 * more, 255.0 * more]) };
    // f(X/Xn), f(Y/Yn) and f(Z/Zn) from L*, a* and b* (CIE 015:2018, §8.2.1).
    let rows = [[1.0 / 116.0, 1.0 / 500.0, 0.0], [1.0 / 116.0, 0.0, 0.0], [1.0 / 116.0, 0.0, -1.0 / 200.0]];
    let roots = Affine { rows, offset: [16.0 / 116.0; 3] };
    vec![
        Stage::Affine(units),
        Stage::Affine(roots),
        Stage::Cube,
        Stage::Affine(Affine::scale(WHITE)),
        Stage::Affine(output.light_of_xyz()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gray(connection: DataColorSpace) -> u8 {
        let mut profile = ColorProfile::new_gray_with_gamma(1.0);
        profile.pcs = connection;
        let pipeline = by_profile(&profile, Model::Gray, Output::Srgb).unwrap();
        let mut target = [0; 3];
        pipeline.run(&[128u8], false, &mut target);
        assert!(target.iter().all(|value| value.abs_diff(target[0]) <= 1), "{target:?}");
        target[0]
    }

    #[test]
    fn a_gray_curve_is_of_light_or_of_lightness() {
        assert_eq!(gray(DataColorSpace::Xyz), 188);
        // L* of 50.2 is a luminance of 0.186.
        assert_eq!(gray(DataColorSpace::Lab), 119);
    }

    #[test]
    fn a_profile_without_its_curves_is_refused() {
        let mut profile = ColorProfile::new_srgb();
        profile.blue_trc = None;
        assert!(by_profile(&profile, Model::Rgb, Output::Srgb).is_err());
        assert!(by_profile(&ColorProfile::new_srgb(), Model::Cmyk, Output::Srgb).is_err());
    }
}
