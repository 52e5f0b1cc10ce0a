//! Writes codestreams for tests, as various programs do: with all options of OpenJPEG, and with packed packet headers.

use std::ffi::{c_char, c_int};
use std::ptr;

use openjpeg_sys as opj;

use crate::pixels::callback::Context;
use crate::pixels::encode::memory::Memory;

/// The options of a codestream.
#[derive(Clone, Debug)]
pub(super) struct Options {
    pub area: [[u32; 2]; 2],
    /// The origin and side of the tiles; `None` for one tile.
    pub tiles: Option<([u32; 2], u32)>,
    /// 0 LRCP, 1 RLCP, 2 RPCL, 3 PCRL, 4 CPRL.
    pub progression: u8,
    pub has_starts: bool,
    pub has_ends: bool,
    pub has_lengths: bool,
    pub has_table: bool,
    /// The sides of precincts, from the largest resolution on.
    pub precincts: Vec<u32>,
    /// `R`, `L` or `C` for a tile-part for each resolution, layer or component.
    pub divided_by: Option<u8>,
    pub layers: u8,
    /// Reference grid points per sample of the second and third component.
    pub step: [u32; 2],
    pub is_lossy: bool,
    /// The number of bits by which the first component is shifted up as a region of interest.
    pub interest: u8,
    /// Whether the progression changes between resolutions.
    pub has_changes: bool,
    /// Whether the progression changes between layers.
    pub has_changed_layers: bool,
    pub resolutions: u8,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            area: [[0, 203], [0, 157]],
            tiles: None,
            progression: 2,
            has_starts: false,
            has_ends: false,
            has_lengths: false,
            has_table: false,
            precincts: Vec::new(),
            divided_by: None,
            layers: 1,
            step: [1, 1],
            is_lossy: false,
            interest: 0,
            has_changes: false,
            has_changed_layers: false,
            resolutions: 4,
        }
    }
}

/// A sample that differs from its neighbors: waves with some noise.
fn sample(component: u32, x: u32, y: u32) -> i32 {
    let noise = (x.wrapping_mul(0x9e37_79b9) ^ y.wrapping_mul(0x85eb_ca6b) ^ component) >> 27;
    ((x * (3 + component) + y * 5) % 200 + noise) as i32
}

impl Options {
    /// The codestream of three components of 8 bits; `None` if OpenJPEG cannot write it.
    pub(super) fn codestream(&self) -> Option<Vec<u8>> {
        let [x, y] = self.area;
        let side = |all: [u32; 2], step: u32| all[1].div_ceil(step) - all[0].div_ceil(step);
        let mut planes = [0, 1, 2].map(|component| {
            let [dx, dy] = if component == 0 { [1, 1] } else { self.step };
            let (w, h) = (side(x, dx), side(y, dy));
            opj::opj_image_comptparm { dx, dy, w, h, x0: x[0], y0: y[0], prec: 8, bpp: 8, sgnd: 0 }
        });
        // SAFETY: three descriptions are copied; everything that is created is live until it is destroyed below, in
        // this function, and OpenJPEG reads the parameters only.
        unsafe {
            let image =
                opj::opj_image_create(3, planes.as_mut_ptr(), opj::COLOR_SPACE::OPJ_CLRSPC_UNSPECIFIED);
            let codec = opj::opj_create_compress(opj::CODEC_FORMAT::OPJ_CODEC_J2K);
            let stream = opj::opj_stream_create(1 << 16, 0);
            let mut memory = Context::new(Memory::default());
            Memory::attach(&memory, codec, stream);
            ((*image).x0, (*image).y0, (*image).x1, (*image).y1) = (x[0], y[0], x[1], y[1]);
            for (component, plane) in planes.iter().enumerate() {
                for at in 0..plane.w * plane.h {
                    let (left, top) = (at % plane.w * plane.dx, at / plane.w * plane.dy);
                    *(*(*image).comps.add(component)).data.add(at as usize) =
                        sample(component as u32, left, top);
                }
            }
            let mut parameters = self.parameters();
            assert_ne!(opj::opj_setup_encoder(codec, &mut *parameters, image), 0, "{self:?}");
            let mut extra_options: Vec<*const c_char> = Vec::new();
            if self.has_lengths {
                extra_options.push(c"PLT=YES".as_ptr());
            }
            if self.has_table {
                extra_options.push(c"TLM=YES".as_ptr());
            }
            extra_options.push(ptr::null());
            opj::opj_encoder_set_extra_options(codec, extra_options.as_ptr());
            let done = opj::opj_start_compress(codec, image, stream) != 0
                && opj::opj_encode(codec, stream) != 0
                && opj::opj_end_compress(codec, stream) != 0;
            opj::opj_stream_destroy(stream);
            opj::opj_destroy_codec(codec);
            opj::opj_image_destroy(image);
            done.then(|| std::mem::take(&mut memory.state().bytes))
        }
    }

    fn parameters(&self) -> Box<opj::opj_cparameters> {
        let mut parameters = Box::<opj::opj_cparameters>::new_uninit();
        // SAFETY: zero is a valid value of each of its enumerations; then OpenJPEG sets its defaults.
        let mut parameters = unsafe {
            ptr::write_bytes(parameters.as_mut_ptr(), 0, 1);
            opj::opj_set_default_encoder_parameters(parameters.as_mut_ptr());
            parameters.assume_init()
        };
        if let Some((origin, side)) = self.tiles {
            parameters.tile_size_on = 1;
            (parameters.cp_tx0, parameters.cp_ty0) = (origin[0] as c_int, origin[1] as c_int);
            (parameters.cp_tdx, parameters.cp_tdy) = (side as c_int, side as c_int);
        }
        parameters.numresolution = self.resolutions.into();
        parameters.prog_order = progression(self.progression);
        // Resolutions without a given side have half the side of the one before.
        parameters.csty = c_int::from(self.has_starts) << 1 | c_int::from(self.has_ends) << 2;
        if !self.precincts.is_empty() {
            parameters.csty |= 1;
            parameters.res_spec = self.precincts.len() as c_int;
            for (at, &side) in self.precincts.iter().enumerate() {
                (parameters.prcw_init[at], parameters.prch_init[at]) = (side as c_int, side as c_int);
            }
        }
        (parameters.cblockw_init, parameters.cblockh_init) = (32, 32);
        if let Some(what) = self.divided_by {
            (parameters.tp_on, parameters.tp_flag) = (1, what as c_char);
        }
        parameters.tcp_numlayers = self.layers.into();
        parameters.cp_disto_alloc = 1;
        for layer in 0..self.layers {
            let last = layer + 1 == self.layers;
            parameters.tcp_rates[usize::from(layer)] = if last { 0.0 } else { 40.0 / f32::from(layer + 1) };
        }
        parameters.irreversible = self.is_lossy.into();
        parameters.tcp_mct = c_char::from(self.step == [1, 1]);
        if self.interest > 0 {
            (parameters.roi_compno, parameters.roi_shift) = (0, self.interest.into());
        }
        if self.has_changes {
            parameters.numpocs = 2;
            let half = u32::from(self.resolutions) / 2;
            for (at, [from, to]) in [[0, half], [half, self.resolutions.into()]].into_iter().enumerate() {
                let change = &mut parameters.POC[at];
                (change.tile, change.resno0, change.resno1) = (1, from, to);
                (change.compno0, change.compno1, change.layno1) = (0, 3, self.layers.into());
                change.prg1 = progression(if at == 0 { self.progression } else { 4 - self.progression });
            }
        }
        if self.has_changed_layers {
            parameters.numpocs = 2;
            for (at, layers) in [self.layers - 1, self.layers].into_iter().enumerate() {
                let change = &mut parameters.POC[at];
                (change.tile, change.resno0, change.resno1) = (1, 0, self.resolutions.into());
                (change.compno0, change.compno1, change.layno1) = (0, 3, layers.into());
                change.prg1 = progression(if at == 0 { self.progression } else { 4 - self.progression });
            }
        }
        parameters
    }
}

const fn progression(number: u8) -> opj::OPJ_PROG_ORDER {
    match number {
        0 => opj::PROG_ORDER::OPJ_LRCP,
        1 => opj::PROG_ORDER::OPJ_RLCP,
        2 => opj::PROG_ORDER::OPJ_RPCL,
        3 => opj::PROG_ORDER::OPJ_PCRL,
        _ => opj::PROG_ORDER::OPJ_CPRL,
    }
}

/// The segments that packet headers are moved to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Packed {
    /// PPM in the main header.
    Main,
    /// PPT in each tile-part's header.
    Parts,
}

/// Moves the packet headers of a codestream with SOP and EPH, but without PLT and TLM, into segments of at
/// most `max` bytes.
pub(super) fn pack(codestream: &[u8], place: Packed, max: usize) -> Vec<u8> {
    let number = |at: usize| u32::from_be_bytes(codestream[at..at + 4].try_into().unwrap()) as usize;
    let find = |from: usize, marker: u8| {
        codestream[from..].windows(2).position(|two| two == [0xff, marker]).map(|at| from + at)
    };
    let mut at = find(0, 0x90).unwrap();
    let (mut main, mut all, mut parts) = (codestream[..at].to_vec(), Vec::new(), Vec::new());
    while codestream[at..at + 2] == [0xff, 0x90] {
        let end = at + number(at + 6);
        let start = find(at, 0x93).unwrap() + 2;
        let (mut headers, mut bodies, mut from) = (Vec::new(), Vec::new(), start);
        while from < end {
            let ended = find(from, 0x92).unwrap() + 2;
            let next = find(ended, 0x91).filter(|&next| next < end).unwrap_or(end);
            bodies.extend_from_slice(&codestream[from..from + 6]);
            headers.extend_from_slice(&codestream[from + 6..ended]);
            bodies.extend_from_slice(&codestream[ended..next]);
            from = next;
        }
        let mut head = codestream[at..start - 2].to_vec();
        match place {
            Packed::Main => {
                all.extend((headers.len() as u32).to_be_bytes());
                all.extend(headers);
            }
            Packed::Parts => head.extend(segments(0x61, &headers, max)),
        }
        let length = (head.len() + 2 + bodies.len()) as u32;
        head[6..10].copy_from_slice(&length.to_be_bytes());
        parts.extend([head, vec![0xff, 0x93], bodies].concat());
        at = end;
    }
    if place == Packed::Main {
        main.extend(segments(0x60, &all, max));
    }
    [main, parts, vec![0xff, 0xd9]].concat()
}

fn segments(marker: u8, bytes: &[u8], max: usize) -> Vec<u8> {
    let one = |(index, bytes): (usize, &[u8])| {
        [&[0xff, marker], &(bytes.len() as u16 + 3).to_be_bytes()[..], &[index as u8], bytes].concat()
    };
    bytes.chunks(max).enumerate().flat_map(one).collect()
}
