//! A TIFF's header and only directory, with the values behind it (TIFF 6.0, §2).

/// How wide offsets are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// 32 bits.
    Classic,
    /// 64 bits: BigTIFF.
    Big,
}

/// A tag and its values, least significant bytes first.
#[derive(Clone)]
pub struct Field {
    tag: u16,
    kind: u16,
    count: u64,
    values: Vec<u8>,
}

impl Field {
    pub fn shorts(tag: u16, values: &[u16]) -> Self {
        Self::new(tag, 3, values.iter().flat_map(|value| value.to_le_bytes()).collect(), 2)
    }

    pub fn longs(tag: u16, values: impl IntoIterator<Item = u32>) -> Self {
        Self::new(tag, 4, values.into_iter().flat_map(u32::to_le_bytes).collect(), 4)
    }

    /// Positions in the file, which the caller knows to fit the layout.
    pub fn offsets(tag: u16, values: impl Iterator<Item = u64>, layout: Layout) -> Self {
        match layout {
            Layout::Classic => Self::longs(tag, values.map(|offset| offset as u32)),
            Layout::Big => Self::new(tag, 16, values.flat_map(u64::to_le_bytes).collect(), 8),
        }
    }

    pub fn rational(tag: u16, above: u32, below: u32) -> Self {
        Self::new(tag, 5, [above.to_le_bytes(), below.to_le_bytes()].concat(), 8)
    }

    /// Text that ends with a zero, as the type asks for; it may be more than ASCII.
    pub fn text(tag: u16, text: &str) -> Self {
        Self::new(tag, 2, [text.as_bytes(), &[0]].concat(), 1)
    }

    pub fn bytes(tag: u16, values: Vec<u8>) -> Self {
        Self::new(tag, 1, values, 1)
    }

    /// Bytes declared as numbers of 32 bits and filled up with zeros, as libtiff wants IPTC.
    pub fn long_bytes(tag: u16, mut values: Vec<u8>) -> Self {
        values.resize(values.len().next_multiple_of(4), 0);
        Self::new(tag, 4, values, 4)
    }

    pub fn undefined(tag: u16, values: Vec<u8>) -> Self {
        Self::new(tag, 7, values, 1)
    }

    /// Bytes of its values.
    pub fn length(&self) -> u64 {
        self.values.len() as u64
    }

    fn new(tag: u16, kind: u16, values: Vec<u8>, size: usize) -> Self {
        Self { tag, kind, count: (values.len() / size) as u64, values }
    }
}

/// Header, directory, and what does not fit in it; `fields` come in ascending order of their tags.
pub fn write(fields: &[Field], layout: Layout) -> Vec<u8> {
    let mut file = match layout {
        Layout::Classic => b"II\x2a\0\x08\0\0\0".to_vec(),
        Layout::Big => b"II\x2b\0\x08\0\0\0\x10\0\0\0\0\0\0\0".to_vec(),
    };
    let (word, entry) = match layout {
        Layout::Classic => (4, 12),
        Layout::Big => (8, 20),
    };
    let counter = if layout == Layout::Big { 8 } else { 2 };
    let number = |file: &mut Vec<u8>, value: u64, bytes: usize| {
        file.extend_from_slice(&value.to_le_bytes()[..bytes]);
    };
    let mut behind = Vec::new();
    let values_at = file.len() + counter + fields.len() * entry + word;
    number(&mut file, fields.len() as u64, counter);
    for field in fields {
        number(&mut file, field.tag.into(), 2);
        number(&mut file, field.kind.into(), 2);
        number(&mut file, field.count, word);
        if field.values.len() <= word {
            file.extend_from_slice(&field.values);
            file.resize(file.len() + word - field.values.len(), 0);
        } else {
            number(&mut file, (values_at + behind.len()) as u64, word);
            behind.extend_from_slice(&field.values);
            // Values begin at even bytes.
            behind.resize(behind.len().next_multiple_of(2), 0);
        }
    }
    number(&mut file, 0, word);
    file.append(&mut behind);
    file
}
