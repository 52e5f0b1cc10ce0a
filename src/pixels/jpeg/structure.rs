//! Whether the markers of a JPEG fit together, without decoding it (ITU-T T.81, §B.1.1 and §B.2).

/// Padding that may follow the end marker, in bytes.
const PADDING: usize = 8;

/// Whether a JPEG, from its first segment at `at` on, has whole segments, a frame header, and scans up to its end marker.
/// Its tables may be elsewhere. Coded samples are only searched for markers.
pub fn is_well_formed(jpeg: &[u8], mut at: usize) -> bool {
    let (mut has_frame, mut has_scan) = (false, false);
    loop {
        let Some(marker) = marker(jpeg, &mut at) else { return false };
        if marker == 0xd9 {
            return has_scan && jpeg.len() - at <= PADDING;
        }
        let Some((body, end)) = segment(jpeg, at) else { return false };
        let is_sound = match marker {
            0xc4 => are_huffman_tables(body),
            0xdb => are_quantization_tables(body),
            0xdd => body.len() == 2,
            0xc0..=0xc3 | 0xc5..=0xc7 | 0xc9..=0xcb | 0xcd..=0xcf => {
                !std::mem::replace(&mut has_frame, true) && is_frame(body)
            }
            0xda => {
                has_frame && matches!(*body, [count @ 1..=4, ..] if body.len() == 4 + 2 * usize::from(count))
            }
            // Stand-alone and reserved markers.
            0x00..=0xbf | 0xc8 | 0xd0..=0xd8 | 0xf0..=0xfd | 0xff => false,
            _ => true,
        };
        if !is_sound {
            return false;
        }
        at = end;
        if marker == 0xda {
            has_scan = true;
            let Some(next) = scan_end(jpeg, at) else { return false };
            at = next;
        }
    }
}

/// The marker at `at`, which is moved behind it; fill bytes are skipped.
fn marker(jpeg: &[u8], at: &mut usize) -> Option<u8> {
    let filled = jpeg.get(*at..)?.iter().take_while(|&&byte| byte == 0xff).count();
    let marker = *jpeg.get(*at + filled)?;
    *at += filled + 1;
    (filled > 0).then_some(marker)
}

/// The body of the segment whose length is at `at`, and its end.
fn segment(jpeg: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let length = usize::from(u16::from_be_bytes([*jpeg.get(at)?, *jpeg.get(at + 1)?]));
    Some((jpeg.get(at + 2..at + length)?, at + length))
}

/// The end of the coded samples from `at` on: the next marker that is not a restart marker in its turn.
fn scan_end(jpeg: &[u8], mut at: usize) -> Option<usize> {
    let mut restart = 0xd0;
    loop {
        at += memchr::memchr(0xff, jpeg.get(at..)?)?;
        match *jpeg.get(at + 1)? {
            0x00 => at += 2,
            0xff => at += 1,
            marker if marker == restart => {
                restart = if marker == 0xd7 { 0xd0 } else { marker + 1 };
                at += 2;
            }
            _ => return Some(at),
        }
    }
}

/// Whether this is the body of a frame header (§B.2.2).
fn is_frame(body: &[u8]) -> bool {
    let [bits, h1, h0, w1, w0, count, ref components @ ..] = *body else { return false };
    let is_factor = |factor: u8| (1..=4).contains(&factor);
    let are_sound = components.chunks(3).all(|component| {
        matches!(*component, [_, sampling, table] if is_factor(sampling >> 4) && is_factor(sampling & 15) && table < 4)
    });
    (2..=16).contains(&bits)
        && (h1, h0) != (0, 0)
        && (w1, w0) != (0, 0)
        && components.len() == usize::from(count) * 3
        && are_sound
}

/// Whether these are the tables of a DHT segment (§B.2.4.2).
fn are_huffman_tables(mut body: &[u8]) -> bool {
    while let [id, rest @ ..] = body {
        let Some((counts, values)) = rest.split_first_chunk::<16>() else { return false };
        let count: usize = counts.iter().map(|&count| usize::from(count)).sum();
        if id >> 4 > 1 || id & 15 > 3 || count > 256 || count > values.len() {
            return false;
        }
        body = &values[count..];
    }
    true
}

/// Whether these are the tables of a DQT segment (§B.2.4.1).
fn are_quantization_tables(mut body: &[u8]) -> bool {
    while let [id, rest @ ..] = body {
        let length = if id >> 4 == 0 { 64 } else { 128 };
        if id >> 4 > 1 || id & 15 > 3 || length > rest.len() {
            return false;
        }
        body = &rest[length..];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::iiif::Dimensions;
    use crate::metadata::EmbeddedMetadata;
    use crate::pixels::{Channels, Raster, Subsampling, jpeg};

    fn picture(channels: Channels) -> Vec<u8> {
        let mut raster = Raster::blank(Dimensions::new(64, 48), channels);
        for (n, sample) in raster.samples.iter_mut().enumerate() {
            *sample = ((n * 7) ^ (n / 191)) as u8;
        }
        jpeg::encode(&raster, 90, Subsampling::S420, &EmbeddedMetadata::default()).unwrap()
    }

    #[test]
    fn whole_jpegs_are_well_formed() {
        for channels in [Channels::Gray, Channels::Rgb] {
            let jpeg = picture(channels);
            assert!(is_well_formed(&jpeg, 2));
            assert!(is_well_formed(&[&jpeg[..], &[0; 7]].concat(), 2), "padded");
            let restarts = jpeg::scan(&jpeg, 48, Some(4)).unwrap();
            assert!(is_well_formed(&[&restarts.head[..], restarts.scan, &jpeg::END_OF_IMAGE].concat(), 2));
        }
    }

    #[test]
    fn truncated_jpegs_and_changed_headers_are_not() {
        let jpeg = picture(Channels::Rgb);
        for length in 0..jpeg.len() {
            assert!(!is_well_formed(&jpeg[..length], 2), "{length} bytes");
        }
        let start = jpeg::scan_start(&jpeg).unwrap();
        let changed = |at: usize| {
            let mut changed = jpeg.clone();
            changed[at] ^= 0xff;
            changed
        };
        let accepted = (2..start).filter(|&at| is_well_formed(&changed(at), 2)).count();
        // What no marker states: values of tables, sizes, names of components.
        assert!(accepted < start - 60, "{accepted} of {start}");
        assert!(!is_well_formed(&changed(jpeg.len() - 1), 2));
        let marker = (start..jpeg.len() - 2).find(|&at| jpeg[at] == 0xff).unwrap();
        assert!(!is_well_formed(&changed(marker + 1), 2), "a marker among samples");
    }

    #[test]
    fn restart_markers_come_in_their_order() {
        let scan = |restarts: &[u8]| {
            let mut jpeg =
                b"\xff\xc0\0\x0b\x08\0\x10\0\x10\x01\x01\x11\0\xff\xda\0\x08\x01\x01\0\0\x3f\0".to_vec();
            restarts.iter().for_each(|restart| jpeg.extend([7, 0xff, 0, 0xff, *restart]));
            [&jpeg[..], &jpeg::END_OF_IMAGE].concat()
        };
        let turns: Vec<u8> = (0..20).map(|n| 0xd0 + n % 8).collect();
        assert!(is_well_formed(&scan(&turns), 0));
        assert!(!is_well_formed(&scan(&[0xd1]), 0));
        assert!(!is_well_formed(&scan(&[0xd0, 0xd2]), 0));
    }
}
