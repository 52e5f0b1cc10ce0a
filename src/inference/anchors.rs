//! Reads a detector's anchors: NumPy's `.npy`, or CSV.

use super::{Error, read_file};

/// The center's y and x, the height and the width, as parts of the picture.
pub(super) type Anchor = [f32; 4];

/// Reads `.npy` files with `[anchors, 4]` numbers, and CSV files with four numbers a line.
pub(super) fn load(file: &str) -> Result<Vec<Anchor>, Error> {
    let bytes = read_file::small(file)?;
    let expected = "the center's y and x, the height and the width of each anchor, as `[anchors, 4]` numbers in a `.npy` or CSV file";
    let numbers = if bytes.starts_with(NPY) { npy(&bytes) } else { csv(&bytes) };
    let anchors = numbers.map_err(|found| Error::unexpected(file, expected, found))?;
    let is_sound =
        |anchor: &Anchor| anchor.iter().all(|n| n.is_finite()) && anchor[2] > 0.0 && anchor[3] > 0.0;
    match anchors.iter().position(|anchor| !is_sound(anchor)) {
        _ if anchors.is_empty() => Err(Error::unexpected(file, expected, "none")),
        Some(at) => Err(Error::unexpected(file, expected, format!("{:?} as anchor {at}", anchors[at]))),
        None => Ok(anchors),
    }
}

const NPY: &[u8] = b"\x93NUMPY";

/// A little-endian array of 32-bit or 64-bit floats in C order.
fn npy(bytes: &[u8]) -> Result<Vec<Anchor>, String> {
    let cut = || "a header that is cut off".to_owned();
    let (start, length) = match *bytes.get(6..12).ok_or_else(cut)? {
        [1, _, a, b, ..] => (10, usize::from(u16::from_le_bytes([a, b]))),
        [_, _, a, b, c, d] => (12, u32::from_le_bytes([a, b, c, d]) as usize),
        _ => return Err(cut()),
    };
    let header = start + length;
    let text = bytes.get(start..header).and_then(|text| std::str::from_utf8(text).ok()).ok_or_else(cut)?;
    let data = &bytes[header..];
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    if text.contains("'fortran_order':True") || !text.contains(",4)") {
        return Err(format!("`{text}`"));
    }
    let numbers: Vec<f32> = if text.contains("'<f4'") {
        let (numbers, []) = data.as_chunks::<4>() else { return Err("a number that is cut off".into()) };
        numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect()
    } else if text.contains("'<f8'") {
        let (numbers, []) = data.as_chunks::<8>() else { return Err("a number that is cut off".into()) };
        numbers.iter().map(|bytes| f64::from_le_bytes(*bytes) as f32).collect()
    } else {
        return Err(format!("`{text}` instead of `<f4` or `<f8`"));
    };
    let (anchors, rest) = numbers.as_chunks::<4>();
    let declared = format!("({},4)", anchors.len());
    if rest.is_empty() && text.contains(&declared) {
        return Ok(anchors.to_vec());
    }
    Err(format!("{} numbers and the header `{text}`", numbers.len()))
}

/// Four numbers a line; a first line of words is skipped.
fn csv(bytes: &[u8]) -> Result<Vec<Anchor>, String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .trim(csv::Trim::All)
        .comment(Some(b'#'))
        .from_reader(bytes);
    let mut anchors = Vec::new();
    for (at, row) in reader.records().enumerate() {
        let row = row.map_err(|error| error.to_string())?;
        if at == 0 && row.iter().all(|field| field.parse::<f32>().is_err()) {
            continue;
        }
        anchors.push(row.deserialize::<Anchor>(None).map_err(|error| error.to_string())?);
    }
    Ok(anchors)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(content: &[u8]) -> tempfile::NamedTempFile {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), content).unwrap();
        file
    }

    fn loaded(content: &[u8]) -> Result<Vec<Anchor>, String> {
        load(file(content).path().to_str().unwrap()).map_err(|error| error.to_string())
    }

    fn array(description: &str, numbers: &[f32]) -> Vec<u8> {
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend((description.len() as u16).to_le_bytes());
        bytes.extend(description.as_bytes());
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        bytes
    }

    const NUMBERS: [f32; 8] = [0.5, 0.25, 1.0, 0.5, 0.1, 0.2, 0.3, 0.4];

    #[test]
    fn arrays_and_tables_give_the_same_anchors() {
        let expected = [[0.5, 0.25, 1.0, 0.5], [0.1, 0.2, 0.3, 0.4]];
        let array = array("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 4), }\n", &NUMBERS);
        assert_eq!(loaded(&array).unwrap(), expected);
        assert_eq!(loaded(b"y,x,height,width\n0.5,0.25,1,0.5\n0.1, 0.2, 0.3, 0.4\n").unwrap(), expected);
        for length in 0..array.len() {
            assert!(loaded(&array[..length]).is_err(), "{length}");
        }
    }

    #[test]
    fn other_files_are_refused_with_what_was_found() {
        let check = |content: &[u8], expected: &str| {
            let refused = loaded(content).unwrap_err();
            assert!(refused.contains(expected), "{refused}");
        };
        let turned = array("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 4), }", &NUMBERS);
        check(&turned, "fortran_order");
        check(&array("{'descr': '<i8', 'fortran_order': False, 'shape': (1, 4), }", &NUMBERS), "<f4");
        check(&array("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }", &NUMBERS), "8 numbers");
        check(b"", "found none");
        check(b"1,2,3\n", "found");
        check(b"0.5,0.5,0,1\n", "as anchor 0");
        check(b"0.5,0.5,NaN,1\n", "as anchor 0");
    }
}
