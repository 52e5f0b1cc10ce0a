//! What IPTC's Information Interchange Model says of a work (IIM 4.2).

use super::{MOST, Said};
use crate::record::Text;

/// Reads data sets as far as they go; inside of Photoshop's image resources or bare.
pub(super) fn read(bytes: &[u8]) -> Said {
    let bytes = bytes.strip_prefix(b"Photoshop 3.0\0").unwrap_or(bytes);
    let mut rest = if bytes.starts_with(b"8BIM") { resource(bytes).unwrap_or_default() } else { bytes };
    let mut said = Said::default();
    let mut utf8 = false;
    while let Some((record, number, value)) = data_set(&mut rest) {
        match (record, number) {
            (1, 90) => utf8 = value.starts_with(b"\x1b%G"),
            (2, _) => take(&mut said, number, text(value, utf8).trim()),
            _ => {}
        }
    }
    said
}

/// The data of resource 0x0404 among Photoshop's image resources.
fn resource(mut rest: &[u8]) -> Option<&[u8]> {
    while let Some(block) = rest.strip_prefix(b"8BIM") {
        let kind = block.get(..2)?;
        let name = 1 + usize::from(*block.get(2)?);
        let block = block.get(2 + name + name % 2..)?;
        let size = u32::from_be_bytes(*block.first_chunk()?) as usize;
        let value = block.get(4..)?.get(..size)?;
        if kind == [4, 4] {
            return Some(value);
        }
        rest = block.get(4 + size + size % 2..)?;
    }
    None
}

/// The next data set: its record, number and value; extended ones are longer than any text and end the reading.
fn data_set<'a>(rest: &mut &'a [u8]) -> Option<(u8, u8, &'a [u8])> {
    let [0x1c, record, number, high, low] = *rest.first_chunk()? else { return None };
    let size = usize::from(u16::from_be_bytes([high, low]));
    let value = rest.get(5..)?.get(..size)?;
    *rest = &rest[5 + size..];
    Some((record, number, value))
}

/// UTF-8 where it is said or is that by its bytes, else Latin 1.
fn text(value: &[u8], utf8: bool) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) if utf8 => String::from_utf8_lossy(value).into_owned(),
        Err(_) => value.iter().map(|&byte| char::from(byte)).collect(),
    }
}

fn take(said: &mut Said, number: u8, words: &str) {
    let words = words.trim_end_matches('\0');
    if words.is_empty() {
        return;
    }
    match number {
        5 => said.title = Text::plain(words),
        25 if said.subjects.len() < MOST => said.subjects.push(Text::plain(words)),
        55 => said.date = Some(day(words)),
        80 if said.creators.len() < MOST => said.creators.push(words.to_owned()),
        110 => said.credit = Some(words.to_owned()),
        116 => said.rights = Some(words.to_owned()),
        120 => said.description = Text::plain(words),
        _ => {}
    }
}

/// `1893-05-01` for `18930501`; months and days that are not known are zeros.
fn day(words: &str) -> String {
    match (words.len() == 8 && words.is_ascii(), words.get(..4), words.get(4..6), words.get(6..8)) {
        (true, Some(year), Some("00"), _) => year.to_owned(),
        (true, Some(year), Some(month), Some("00")) => format!("{year}-{month}"),
        (true, Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
        _ => words.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(record: u8, number: u8, value: &[u8]) -> Vec<u8> {
        [&[0x1c, record, number], &(value.len() as u16).to_be_bytes()[..], value].concat()
    }

    #[test]
    fn data_sets_are_read_bare_and_from_photoshop() {
        let bare = [
            set(2, 5, b"Bl\xe5"),
            set(2, 25, b"sea"),
            set(2, 25, b"sky"),
            set(2, 55, b"18930000"),
            set(2, 80, b"Anna Ancher"),
            set(2, 116, b"Public domain"),
        ]
        .concat();
        let said = read(&bare);
        assert_eq!(
            (said.title.best(&[]), said.subjects.len(), said.date.as_deref()),
            (Some("Blå"), 2, Some("1893"))
        );
        let size = (bare.len() as u32).to_be_bytes();
        let packed =
            [b"Photoshop 3.0\08BIM\x04\x25\0\0\0\0\0\x01x\08BIM\x04\x04\0\0", &size[..], &bare].concat();
        assert_eq!(read(&packed), said);
    }

    #[test]
    fn what_is_cut_off_says_what_came_before() {
        let whole = [set(2, 5, b"Blue"), set(2, 80, b"Anna")].concat();
        for length in 0..whole.len() {
            assert!(read(&whole[..length]).creators.is_empty());
        }
        assert_eq!(read(b"8BIM\x04\x04\0\0\xff\xff\xff\xff"), Said::default());
    }
}
