//! The ggml Whisper file: header, filters, vocabulary, tensors. Written by the converter, and
//! walked to tell what an operator dropped in and whether it is whole.
//!
//! Layout, little endian: `i32 0x67676d6c`, eleven `i32` of [`Header`]; `i32 mels, i32 bins` and
//! that many `f32`; `i32 tokens` and each as `i32 length` and bytes; then tensors to the end of
//! the file: `i32 n_dims, name_length, type`, the dims fastest first, name, data.

use std::io::{self, Read, Seek, SeekFrom, Write};

use super::half;

/// "ggml" read as a little-endian integer.
const MAGIC: u32 = 0x6767_6d6c;

/// Added to the ftype of quantised files: the version of ggml's quantisation formats.
const QUANTISED_FTYPE: i32 = 2000;

/// Tensor type codes.
pub(super) const F32: i32 = 0;
pub(super) const F16: i32 = 1;
pub(super) const Q8_0: i32 = 8;

/// Values in one q8_0 block.
pub(super) const Q8_0_BLOCK: usize = 32;

/// Longest token and tensor name believed; the real ones are below 100 bytes.
const NAME_BYTES_MAX: i32 = 1024;

/// Block size and block bytes of each tensor type that whisper.cpp reads.
const BLOCKS: [(i32, u64, u64); 13] = [
    (F32, 1, 4),
    (F16, 1, 2),
    (2, 32, 18),
    (3, 32, 20),
    (6, 32, 22),
    (7, 32, 24),
    (Q8_0, 32, 34),
    (10, 256, 84),
    (11, 256, 110),
    (12, 256, 144),
    (13, 256, 176),
    (14, 256, 210),
    (30, 1, 2),
];

/// The sizes at the front of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) vocabulary: i32,
    pub(super) audio_context: i32,
    pub(super) audio_state: i32,
    pub(super) audio_heads: i32,
    pub(super) audio_layers: i32,
    pub(super) text_context: i32,
    pub(super) text_state: i32,
    pub(super) text_heads: i32,
    pub(super) text_layers: i32,
    pub(super) mels: i32,
    pub(super) ftype: i32,
}

impl Header {
    /// The ftype of a file whose matrices have tensor type `kind` ([`F16`] or [`Q8_0`]).
    pub(super) fn ftype_of(kind: i32) -> i32 {
        if kind == Q8_0 { QUANTISED_FTYPE + 7 } else { 1 }
    }

    pub(super) fn write(&self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(&MAGIC.to_le_bytes())?;
        self.fields()
            .iter()
            .try_for_each(|field| out.write_all(&field.to_le_bytes()))
    }

    /// Reads a header; `None` when this is no Whisper model (whisper.cpp's voice detector
    /// files share the magic number).
    pub(super) fn read(input: &mut impl Read) -> io::Result<Option<Header>> {
        if integer(input)?.cast_unsigned() != MAGIC {
            return Ok(None);
        }
        let mut f = [0; 11];
        for field in &mut f {
            *field = integer(input)?;
        }
        let header = Header {
            vocabulary: f[0],
            audio_context: f[1],
            audio_state: f[2],
            audio_heads: f[3],
            audio_layers: f[4],
            text_context: f[5],
            text_state: f[6],
            text_heads: f[7],
            text_layers: f[8],
            mels: f[9],
            ftype: f[10],
        };
        Ok(Some(header).filter(Header::is_plausible))
    }

    /// English-only models have one token less.
    pub(super) fn is_multilingual(&self) -> bool {
        self.vocabulary >= 51_865
    }

    /// The size's usual name, as whisper.cpp tells it: by the encoder's depth.
    pub(super) fn size(&self) -> &'static str {
        match (self.audio_layers, self.text_layers) {
            (4, _) => "tiny",
            (6, _) => "base",
            (12, _) => "small",
            (24, _) => "medium",
            (32, 4) => "large-turbo",
            (32, _) => "large",
            _ => "unknown size",
        }
    }

    /// How the matrices are stored.
    pub(super) fn precision(&self) -> &'static str {
        match self.ftype % 1000 {
            0 => "f32",
            1 => "f16",
            2 => "q4_0",
            3 => "q4_1",
            7 => "q8_0",
            8 => "q5_0",
            9 => "q5_1",
            _ => "quantised",
        }
    }

    fn is_plausible(&self) -> bool {
        let between = |value: i32, low: i32, high: i32| (low..=high).contains(&value);
        between(self.vocabulary, 51_000, 60_000)
            && between(self.audio_context, 1, 10_000)
            && between(self.audio_layers, 1, 64)
            && between(self.text_layers, 1, 64)
            && between(self.mels, 1, 256)
            && self.ftype >= 0
    }

    fn fields(&self) -> [i32; 11] {
        [
            self.vocabulary,
            self.audio_context,
            self.audio_state,
            self.audio_heads,
            self.audio_layers,
            self.text_context,
            self.text_state,
            self.text_heads,
            self.text_layers,
            self.mels,
            self.ftype,
        ]
    }
}

/// Writes the mel filters: `bins` values a row.
pub(super) fn write_filters(out: &mut impl Write, bins: usize, filters: &[f32]) -> io::Result<()> {
    write_integer(out, filters.len() / bins)?;
    write_integer(out, bins)?;
    filters
        .iter()
        .try_for_each(|value| out.write_all(&value.to_le_bytes()))
}

/// Writes the vocabulary; special tokens are left out, the loader adds them.
pub(super) fn write_tokens(out: &mut impl Write, tokens: &[Vec<u8>]) -> io::Result<()> {
    write_integer(out, tokens.len())?;
    tokens.iter().try_for_each(|token| {
        write_integer(out, token.len())?;
        out.write_all(token)
    })
}

/// Writes one tensor from half-precision `data` as type `kind`.
pub(super) fn write_tensor(
    out: &mut impl Write,
    name: &str,
    dims: &[usize],
    kind: i32,
    data: &[u8],
) -> io::Result<()> {
    write_integer(out, dims.len())?;
    write_integer(out, name.len())?;
    out.write_all(&kind.to_le_bytes())?;
    dims.iter()
        .rev()
        .try_for_each(|&dim| write_integer(out, dim))?;
    out.write_all(name.as_bytes())?;
    match kind {
        F16 => out.write_all(data),
        Q8_0 => {
            let mut block = [0; 2 + Q8_0_BLOCK];
            data.chunks_exact(2 * Q8_0_BLOCK).try_for_each(|halves| {
                quantise(halves, &mut block);
                out.write_all(&block)
            })
        }
        _ => floats(data).try_for_each(|value| out.write_all(&value.to_le_bytes())),
    }
}

/// One q8_0 block, as ggml's reference quantiser makes it: a half scale, then 32 signed bytes.
/// The scale is rounded only for storage; the values are divided by the exact one.
fn quantise(halves: &[u8], block: &mut [u8; 2 + Q8_0_BLOCK]) {
    let largest = floats(halves).fold(0.0_f32, |max, value| max.max(value.abs()));
    let scale = largest / 127.0;
    let inverse = if scale == 0.0 { 0.0 } else { 1.0 / scale };
    block[..2].copy_from_slice(&half::from_f32(scale).to_le_bytes());
    for (byte, value) in block[2..].iter_mut().zip(floats(halves)) {
        *byte = ((value * inverse).round() as i8).cast_unsigned();
    }
}

/// The values of half-precision bytes.
pub(super) fn floats(halves: &[u8]) -> impl Iterator<Item = f32> {
    halves
        .chunks_exact(2)
        .map(|pair| half::to_f32(u16::from_le_bytes([pair[0], pair[1]])))
}

/// Walks a whole file from its first byte and checks that it ends with a tensor.
///
/// # Errors
/// `InvalidData` with the reason when it is damaged or cut, or what reading gave.
pub(super) fn check(input: &mut (impl Read + Seek)) -> io::Result<Header> {
    let total = input.seek(SeekFrom::End(0))?;
    input.seek(SeekFrom::Start(0))?;
    let header = Header::read(input)?.ok_or_else(|| damaged("it is not a ggml Whisper file"))?;
    let filters = u64::from(size(input)?) * u64::from(size(input)?) * 4;
    skip(input, filters, total)?;
    for _ in 0..size(input)? {
        let length = size(input)?;
        skip(input, u64::from(length), total)?;
    }
    let mut tensors = 0;
    while input.stream_position()? < total {
        skip_tensor(input, total)?;
        tensors += 1;
    }
    // 15 tensors an encoder layer, 24 a decoder layer, 11 around them: what the loader expects.
    let expected = 11 + 15 * header.audio_layers + 24 * header.text_layers;
    if tensors == expected {
        Ok(header)
    } else {
        Err(damaged(&format!(
            "it holds {tensors} tensors of {expected}: it was cut short"
        )))
    }
}

fn skip_tensor(input: &mut (impl Read + Seek), total: u64) -> io::Result<()> {
    let (rank, name, kind) = (integer(input)?, integer(input)?, integer(input)?);
    if !(1..=4).contains(&rank) || !(1..=NAME_BYTES_MAX).contains(&name) {
        return Err(damaged("a tensor has an impossible header"));
    }
    let mut elements = 1_u64;
    for _ in 0..rank {
        elements = elements
            .checked_mul(u64::from(size(input)?))
            .ok_or_else(|| damaged("a tensor is impossibly large"))?;
    }
    let (_, block, bytes) = BLOCKS
        .iter()
        .find(|(code, ..)| *code == kind)
        .ok_or_else(|| damaged(&format!("tensor type {kind} is not one of whisper.cpp's")))?;
    skip(input, u64::from(name.cast_unsigned()), total)?;
    skip(input, elements / block * bytes, total)
}

fn skip(input: &mut impl Seek, bytes: u64, total: u64) -> io::Result<()> {
    let at = input.stream_position()?;
    match at.checked_add(bytes).filter(|&end| end <= total) {
        Some(end) => input.seek(SeekFrom::Start(end)).map(|_| ()),
        None => Err(damaged("it was cut short")),
    }
}

fn integer(input: &mut impl Read) -> io::Result<i32> {
    let mut bytes = [0; 4];
    input.read_exact(&mut bytes)?;
    Ok(i32::from_le_bytes(bytes))
}

fn size(input: &mut impl Read) -> io::Result<u32> {
    u32::try_from(integer(input)?).map_err(|_| damaged("a size is negative"))
}

fn write_integer(out: &mut impl Write, value: usize) -> io::Result<()> {
    let value =
        i32::try_from(value).map_err(|_| damaged("a size is above two thousand million"))?;
    out.write_all(&value.to_le_bytes())
}

fn damaged(reason: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, reason.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BASE: Header = Header {
        vocabulary: 51_865,
        audio_context: 1500,
        audio_state: 512,
        audio_heads: 8,
        audio_layers: 6,
        text_context: 448,
        text_state: 512,
        text_heads: 8,
        text_layers: 6,
        mels: 80,
        ftype: 2007,
    };

    fn halves(values: &[f32]) -> Vec<u8> {
        values
            .iter()
            .flat_map(|&v| half::from_f32(v).to_le_bytes())
            .collect()
    }

    #[test]
    fn a_header_survives_the_round_trip() {
        let mut bytes = Vec::new();
        BASE.write(&mut bytes).unwrap();
        assert_eq!(bytes.len(), 48);
        let read = Header::read(&mut bytes.as_slice()).unwrap().unwrap();
        assert_eq!(read, BASE);
        assert!(read.is_multilingual());
        assert_eq!((read.size(), read.precision()), ("base", "q8_0"));
        assert!(
            !Header {
                vocabulary: 51_864,
                ..BASE
            }
            .is_multilingual()
        );
    }

    #[test]
    fn a_block_keeps_its_largest_value_exactly_and_the_rest_within_half_a_step() {
        let values: Vec<f32> = (0..32).map(|i| (i as f32 - 20.0) / 16.0).collect();
        let mut block = [0; 34];
        quantise(&halves(&values), &mut block);
        let scale = half::to_f32(u16::from_le_bytes([block[0], block[1]]));
        for (byte, value) in block[2..].iter().zip(&values) {
            let restored = f32::from(byte.cast_signed()) * scale;
            assert!(
                (restored - value).abs() <= scale * 0.56,
                "{restored} for {value}"
            );
        }
        assert_eq!(block[2].cast_signed(), -127);
    }

    #[test]
    fn a_block_of_zeros_has_no_scale() {
        let mut block = [9; 34];
        quantise(&halves(&[0.0; 32]), &mut block);
        assert_eq!(block, [0; 34]);
    }

    #[test]
    fn dims_are_written_fastest_first() {
        let mut out = Vec::new();
        write_tensor(&mut out, "w", &[2, 3], F32, &halves(&[1.0; 6])).unwrap();
        let field = |at: usize| i32::from_le_bytes(out[at..at + 4].try_into().unwrap());
        assert_eq!(
            [field(0), field(4), field(8), field(12), field(16)],
            [2, 1, F32, 3, 2]
        );
        assert_eq!(out.len(), 20 + 1 + 6 * 4);
        assert_eq!(f32::from_le_bytes(out[21..25].try_into().unwrap()), 1.0);
    }

    proptest! {
        #[test]
        fn junk_is_never_a_model_and_never_panics(
            junk in prop::collection::vec(any::<u8>(), 0..256),
            with_header in any::<bool>(),
        ) {
            let mut bytes = Vec::new();
            if with_header {
                BASE.write(&mut bytes).unwrap();
            }
            bytes.extend(junk);
            prop_assert!(check(&mut io::Cursor::new(bytes)).is_err());
        }
    }
}
