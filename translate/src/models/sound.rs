//! Whether the files of a translation model are whole, before anybody relies on them: a clone
//! without Git LFS, a download that broke off, a page of HTML under the right name. Reads headers
//! only; what the network computes is found out when it is loaded.

use std::fs::File;
use std::io::{self, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

/// Tensors a student model has at most; they have about 150.
const TENSORS_MAX: u64 = 4_096;
/// Longest tensor name and shape that are believed.
const NAME_BYTES_MAX: u64 = 4_096;
const DIMENSIONS_MAX: u64 = 16;
/// How a Git LFS pointer begins.
const POINTER: &[u8] = b"version https://git-lfs";
/// The field of a SentencePiece model that holds its pieces, with its wire type.
const PIECES: u64 = 1 << 3 | 2;

/// Reads the header of a Marian binary model (`marian-fork/src/common/binary.cpp`) and compares
/// the lengths it names with the file's.
pub(super) fn network(path: &Path) -> Result<(), String> {
    let (mut file, length) = open(path)?;
    if word(&mut file)? != 1 {
        return Err("it is not a Marian binary model of version 1".to_owned());
    }
    let tensors = word(&mut file)?;
    let mut needed = 16 + 32 * tensors.min(TENSORS_MAX);
    let mut data = 0_u64;
    for _ in 0..tensors.min(TENSORS_MAX + 1) {
        let [name, _, shape, bytes] = [
            word(&mut file)?,
            word(&mut file)?,
            word(&mut file)?,
            word(&mut file)?,
        ];
        if tensors > TENSORS_MAX || name > NAME_BYTES_MAX || shape > DIMENSIONS_MAX {
            return Err("its header makes no sense".to_owned());
        }
        needed += name + 4 * shape;
        data = data.saturating_add(bytes);
    }
    file.seek(SeekFrom::Start(needed)).map_err(told)?;
    let padding = word(&mut file)?;
    let needed = needed.saturating_add(8).saturating_add(padding);
    whole(length, needed.saturating_add(data))
}

/// Walks the fields of a SentencePiece model, a protocol buffer.
pub(super) fn vocabulary(path: &Path) -> Result<(), String> {
    let (mut file, length) = open(path)?;
    let mut at = 0;
    let mut pieces = 0_u64;
    while at < length {
        let no_model = || "it is not a SentencePiece model".to_owned();
        let (key, key_bytes) = varint(&mut file)?;
        if key & 7 != 2 {
            return Err(no_model());
        }
        let (bytes, length_bytes) = varint(&mut file)?;
        at = u64::saturating_add(at + key_bytes + length_bytes, bytes);
        whole(length, at)?;
        file.seek_relative(i64::try_from(bytes).map_err(|_| no_model())?)
            .map_err(told)?;
        pieces += u64::from(key == PIECES);
    }
    if pieces == 0 {
        return Err("it is a SentencePiece model without pieces".to_owned());
    }
    Ok(())
}

/// Compares the two tables of a lexical shortlist (`marian-fork/src/data/shortlist.cpp`) with the
/// file's length.
pub(super) fn shortlist(path: &Path) -> Result<(), String> {
    const HEADER_BYTES: u64 = 48;
    let (mut file, length) = open(path)?;
    let mut header = [0; 6];
    for field in &mut header {
        *field = word(&mut file)?;
    }
    let [_, _, _, _, words, candidates] = header;
    let tables = words
        .saturating_mul(8)
        .saturating_add(candidates.saturating_mul(4));
    whole(length, tables.saturating_add(HEADER_BYTES))
}

fn open(path: &Path) -> Result<(BufReader<File>, u64), String> {
    let mut file = File::open(path).map_err(told)?;
    let length = file.metadata().map_err(told)?.len();
    let mut begins = Vec::new();
    let most = POINTER.len() as u64;
    Read::by_ref(&mut file)
        .take(most)
        .read_to_end(&mut begins)
        .map_err(told)?;
    if begins == POINTER {
        return Err("it is a Git LFS pointer and not the file: run `git lfs pull`".to_owned());
    }
    file.rewind().map_err(told)?;
    Ok((BufReader::new(file), length))
}

fn whole(found: u64, needed: u64) -> Result<(), String> {
    if found < needed {
        return Err(format!("it is cut short: {found} of {needed} bytes"));
    }
    Ok(())
}

fn word(file: &mut impl Read) -> Result<u64, String> {
    let mut bytes = [0; 8];
    file.read_exact(&mut bytes).map_err(told)?;
    Ok(u64::from_le_bytes(bytes))
}

/// A number of a protocol buffer and how many bytes it took.
fn varint(file: &mut impl Read) -> Result<(u64, u64), String> {
    let mut value = 0;
    for i in 0..9 {
        let mut byte = [0];
        file.read_exact(&mut byte).map_err(told)?;
        value |= u64::from(byte[0] & 0x7f) << (7 * i);
        if byte[0] & 0x80 == 0 {
            return Ok((value, i + 1));
        }
    }
    Err("it is not a SentencePiece model".to_owned())
}

fn told(error: io::Error) -> String {
    match error.kind() {
        ErrorKind::UnexpectedEof => "it is cut short".to_owned(),
        _ => error.to_string(),
    }
}
