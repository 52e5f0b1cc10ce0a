//! The tags of TIFF directories (TIFF 6.0, appendix A; tech notes 1 to 3; XMP part 3; tags of Adobe and IPTC), and
//! Tegl's own, from the range that is left to each program (65000 to 65535).

pub(crate) const SUBFILE: u16 = 254;
pub(crate) const OLD_SUBFILE: u16 = 255;
pub(crate) const WIDTH: u16 = 256;
pub(crate) const HEIGHT: u16 = 257;
pub(crate) const BITS: u16 = 258;
pub(crate) const COMPRESSION: u16 = 259;
pub(crate) const PHOTOMETRIC: u16 = 262;
pub(crate) const FILL_ORDER: u16 = 266;
pub(crate) const DESCRIPTION: u16 = 270;
pub(crate) const STRIP_OFFSETS: u16 = 273;
pub(crate) const ORIENTATION: u16 = 274;
pub(crate) const SAMPLES: u16 = 277;
pub(crate) const ROWS_PER_STRIP: u16 = 278;
pub(crate) const STRIP_LENGTHS: u16 = 279;
pub(crate) const X_RESOLUTION: u16 = 282;
pub(crate) const Y_RESOLUTION: u16 = 283;
pub(crate) const PLANAR: u16 = 284;
pub(crate) const GROUP3_OPTIONS: u16 = 292;
pub(crate) const RESOLUTION_UNIT: u16 = 296;
pub(crate) const SOFTWARE: u16 = 305;
pub(crate) const DATE_TIME: u16 = 306;
pub(crate) const ARTIST: u16 = 315;
pub(crate) const PREDICTOR: u16 = 317;
pub(crate) const PALETTE: u16 = 320;
pub(crate) const TILE_WIDTH: u16 = 322;
pub(crate) const TILE_HEIGHT: u16 = 323;
pub(crate) const TILE_OFFSETS: u16 = 324;
pub(crate) const TILE_LENGTHS: u16 = 325;
pub(crate) const SUB_IFDS: u16 = 330;
pub(crate) const INK_SET: u16 = 332;
pub(crate) const EXTRA_SAMPLES: u16 = 338;
pub(crate) const SAMPLE_FORMAT: u16 = 339;
pub(crate) const JPEG_TABLES: u16 = 347;
pub(crate) const OLD_JPEG_PROCESS: u16 = 512;
pub(crate) const OLD_JPEG_STREAM: u16 = 513;
pub(crate) const OLD_JPEG_STREAM_LENGTH: u16 = 514;
pub(crate) const OLD_JPEG_QUANTIZATION: u16 = 519;
pub(crate) const OLD_JPEG_DC: u16 = 520;
pub(crate) const OLD_JPEG_AC: u16 = 521;
pub(crate) const YCBCR_COEFFICIENTS: u16 = 529;
pub(crate) const YCBCR_SUBSAMPLING: u16 = 530;
pub(crate) const YCBCR_POSITIONING: u16 = 531;
pub(crate) const REFERENCE_BLACK_WHITE: u16 = 532;
pub(crate) const XMP: u16 = 700;
pub(crate) const COPYRIGHT: u16 = 33432;
pub(crate) const IPTC: u16 = 33723;
pub(crate) const ICC: u16 = 34675;
/// See `master::checksum`.
pub(crate) const TILE_CHECKSUMS: u16 = 65290;
/// See `master::checksum`.
pub(crate) const INDEX_CHECKSUM: u16 = 65291;
