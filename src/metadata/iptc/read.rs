//! Reads IPTC data sets (Information Interchange Model 4.2).

use crate::metadata::description::{Description, MAX_VALUES, plain};
use crate::metadata::photoshop;

/// Reads data sets, bare or in Photoshop's image resources, up to the first damaged one.
pub(crate) fn read(bytes: &[u8]) -> Description {
    let bytes = photoshop::image_resources(bytes).unwrap_or(bytes);
    let mut rest =
        if bytes.starts_with(b"8BIM") { photoshop::iptc(bytes).unwrap_or_default() } else { bytes };
    let mut found = Description::default();
    let mut utf8 = false;
    while let Some((record, number, value)) = data_set(&mut rest) {
        match (record, number) {
            (1, 90) => utf8 = value.starts_with(b"\x1b%G"),
            (2, _) => take(&mut found, number, text(value, utf8).trim()),
            _ => {}
        }
    }
    found
}

/// Reads the record, number and value of the next data set. Extended data sets are longer than any text; reading stops there.
fn data_set<'a>(rest: &mut &'a [u8]) -> Option<(u8, u8, &'a [u8])> {
    let [0x1c, record, number, high, low] = *rest.first_chunk()? else { return None };
    let size = usize::from(u16::from_be_bytes([high, low]));
    let value = rest.get(5..)?.get(..size)?;
    *rest = &rest[5 + size..];
    Some((record, number, value))
}

/// Decodes UTF-8 if it is declared or valid, otherwise Latin-1.
fn text(value: &[u8], utf8: bool) -> String {
    match std::str::from_utf8(value) {
        Ok(text) => text.to_owned(),
        Err(_) if utf8 => String::from_utf8_lossy(value).into_owned(),
        Err(_) => value.iter().map(|&byte| char::from(byte)).collect(),
    }
}

fn take(found: &mut Description, number: u8, text: &str) {
    let text = text.trim_end_matches('\0');
    if text.is_empty() {
        return;
    }
    match number {
        5 => found.title = plain(text),
        25 if found.subjects.len() < MAX_VALUES => found.subjects.extend(plain(text)),
        55 => found.date = Some(day(text)),
        80 if found.creators.len() < MAX_VALUES => found.creators.push(text.to_owned()),
        110 => found.credit = Some(text.to_owned()),
        116 => found.rights = Some(text.to_owned()),
        120 => found.description = plain(text),
        _ => {}
    }
}

/// Formats `18930501` as `1893-05-01`; unknown months and days are zeros and are omitted.
fn day(text: &str) -> String {
    match (text.len() == 8 && text.is_ascii(), text.get(..4), text.get(4..6), text.get(6..8)) {
        (true, Some(year), Some("00"), _) => year.to_owned(),
        (true, Some(year), Some(month), Some("00")) => format!("{year}-{month}"),
        (true, Some(year), Some(month), Some(day)) => format!("{year}-{month}-{day}"),
        _ => text.to_owned(),
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
        let found = read(&bare);
        assert_eq!(
            (found.title.clone(), found.subjects.len(), found.date.as_deref()),
            (plain("Blå"), 2, Some("1893"))
        );
        let size = (bare.len() as u32).to_be_bytes();
        let packed =
            [b"Photoshop 3.0\08BIM\x04\x25\0\0\0\0\0\x01x\08BIM\x04\x04\0\0", &size[..], &bare].concat();
        assert_eq!(read(&packed), found);
    }

    #[test]
    fn data_sets_of_a_truncated_block_are_read() {
        let whole = [set(2, 5, b"Blue"), set(2, 80, b"Anna")].concat();
        for length in 0..whole.len() {
            assert!(read(&whole[..length]).creators.is_empty());
        }
        assert_eq!(read(b"8BIM\x04\x04\0\0\xff\xff\xff\xff"), Description::default());
    }
}
