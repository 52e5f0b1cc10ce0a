//! Combines the descriptions of the work in a file's metadata packets.

use super::{Description, Packets, exif, iptc, xmp};

/// The largest packet that is read, in bytes.
const MAX_PACKET: usize = 4 * 1024 * 1024;

impl Packets {
    /// Reads the description of the work: XMP takes precedence over IPTC, and IPTC over EXIF.
    pub fn describe(&self) -> Description {
        fn read(packet: &Option<Vec<u8>>, read: fn(&[u8]) -> Description) -> Description {
            packet.as_deref().filter(|bytes| bytes.len() <= MAX_PACKET).map(read).unwrap_or_default()
        }
        let mut found = read(&self.xmp, xmp::read);
        found.fill(read(&self.iptc, iptc::read));
        found.fill(read(&self.exif, exif::read));
        found
    }
}
