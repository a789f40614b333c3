//! Reads CTranslate2's `model.bin` (binary version 6): named variables, nothing else.
//!
//! Layout, little endian: `u32 version; str spec; u32 revision; u32 count`, then per variable
//! `str name; u8 rank; u32 dims[rank]; u8 type; u32 bytes; data`, then `u32 count` aliases of
//! two strings each. A `str` is `u16 length` and that many bytes, a final NUL included.
//! Borrows from the file's bytes: a 145 MB model is not copied.

use std::collections::BTreeMap;

/// The one binary version seen in the packages; the format is not promised to be stable.
const VERSION: u32 = 6;

/// Type code of half precision.
const TYPE_F16: u8 = 4;

/// Bytes of one element, by type code: f32, i8, i16, i32, f16.
const ELEMENT_BYTES: [usize; 5] = [4, 1, 2, 4, 2];

/// Why the bytes are not a model this converter reads.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum Ct2Error {
    /// The file ends in the middle of a field.
    #[error("the file ends at byte {0}, in the middle of a field")]
    Truncated(usize),
    /// Another version of the format.
    #[error("binary version {0} (only {VERSION} is read)")]
    Version(u32),
    /// A name is not UTF-8.
    #[error("a name before byte {0} is not UTF-8")]
    Name(usize),
    /// A variable's size does not follow from its shape and type.
    #[error("variable `{0}` has a size that its shape and type do not give")]
    Shape(String),
    /// Bytes are left after the last field.
    #[error("{0} bytes are left after the last field")]
    Trailing(usize),
    /// A variable the network needs is absent, or of another type or shape.
    #[error("variable `{name}` is not {wanted}")]
    Variable {
        /// The variable.
        name: String,
        /// What was looked for.
        wanted: &'static str,
    },
}

/// A named array.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable<'a> {
    pub(super) dims: Vec<usize>,
    pub(super) kind: u8,
    pub(super) data: &'a [u8],
}

/// A parsed `model.bin`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ct2<'a> {
    pub(super) spec: &'a str,
    variables: BTreeMap<&'a str, Variable<'a>>,
}

impl<'a> Ct2<'a> {
    /// Parses a whole file; every byte must be accounted for.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, Ct2Error> {
        let mut cursor = Cursor { bytes, at: 0 };
        let version = cursor.u32()?;
        if version != VERSION {
            return Err(Ct2Error::Version(version));
        }
        let spec = cursor.string()?;
        let _revision = cursor.u32()?;
        let mut variables = BTreeMap::new();
        for _ in 0..cursor.u32()? {
            let name = cursor.string()?;
            variables.insert(name, cursor.variable(name)?);
        }
        for _ in 0..cursor.u32()? {
            let _alias = cursor.string()?;
            let _target = cursor.string()?;
        }
        match bytes.len() - cursor.at {
            0 => Ok(Ct2 { spec, variables }),
            left => Err(Ct2Error::Trailing(left)),
        }
    }

    /// The half-precision array `name` of the given rank.
    pub(super) fn halves(&self, name: &str, rank: usize) -> Result<&Variable<'a>, Ct2Error> {
        self.variables
            .get(name)
            .filter(|v| v.kind == TYPE_F16 && v.dims.len() == rank)
            .ok_or_else(|| Ct2Error::Variable {
                name: name.to_owned(),
                wanted: [
                    "",
                    "a row of halves",
                    "a matrix of halves",
                    "a cube of halves",
                ][rank.min(3)],
            })
    }

    /// The small integer `name`.
    pub(super) fn integer(&self, name: &str) -> Result<i32, Ct2Error> {
        let wrong = || Ct2Error::Variable {
            name: name.to_owned(),
            wanted: "an integer",
        };
        let variable = self.variables.get(name).ok_or_else(wrong)?;
        match (variable.kind, variable.data) {
            (1, &[a]) => Ok(i32::from(a.cast_signed())),
            (2, &[a, b]) => Ok(i32::from(i16::from_le_bytes([a, b]))),
            (3, &[a, b, c, d]) => Ok(i32::from_le_bytes([a, b, c, d])),
            _ => Err(wrong()),
        }
    }

    /// How many layers `side` (`encoder`, `decoder`) has.
    pub(super) fn layers(&self, side: &str) -> usize {
        let exists = |n: &usize| {
            let prefix = format!("{side}/layer_{n}/");
            let next = self.variables.range(prefix.as_str()..).next();
            next.is_some_and(|(name, _)| name.starts_with(&prefix))
        };
        (0..).take_while(exists).count()
    }
}

struct Cursor<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], Ct2Error> {
        let end = self
            .at
            .checked_add(count)
            .filter(|&end| end <= self.bytes.len());
        let end = end.ok_or(Ct2Error::Truncated(self.bytes.len()))?;
        let taken = &self.bytes[self.at..end];
        self.at = end;
        Ok(taken)
    }

    fn u8(&mut self) -> Result<u8, Ct2Error> {
        Ok(self.take(1)?[0])
    }

    fn u32(&mut self) -> Result<u32, Ct2Error> {
        let bytes = self.take(4)?;
        Ok(u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
    }

    fn string(&mut self) -> Result<&'a str, Ct2Error> {
        let length = self.take(2)?;
        let length = usize::from(u16::from_le_bytes([length[0], length[1]]));
        let bytes = self.take(length)?;
        let text = bytes.strip_suffix(b"\0").unwrap_or(bytes);
        std::str::from_utf8(text).map_err(|_| Ct2Error::Name(self.at))
    }

    fn variable(&mut self, name: &str) -> Result<Variable<'a>, Ct2Error> {
        let rank = self.u8()?;
        let dims = (0..rank)
            .map(|_| Ok(self.u32()? as usize))
            .collect::<Result<Vec<usize>, Ct2Error>>()?;
        let kind = self.u8()?;
        let bytes = self.u32()? as usize;
        let expected = ELEMENT_BYTES
            .get(usize::from(kind))
            .and_then(|&element| dims.iter().try_fold(element, |n, &dim| n.checked_mul(dim)));
        if expected != Some(bytes) {
            return Err(Ct2Error::Shape(name.to_owned()));
        }
        Ok(Variable {
            dims,
            kind,
            data: self.take(bytes)?,
        })
    }
}

/// Writes `model.bin` bytes for the tests of this module and of the converter.
#[cfg(test)]
pub(super) mod build {
    /// A variable to be written: name, dims, type code, data.
    pub(crate) type Raw = (String, Vec<u32>, u8, Vec<u8>);

    pub(crate) fn file(spec: &str, variables: &[Raw]) -> Vec<u8> {
        let mut out = Vec::new();
        let string = |out: &mut Vec<u8>, text: &str| {
            out.extend((text.len() as u16 + 1).to_le_bytes());
            out.extend(text.as_bytes());
            out.push(0);
        };
        out.extend(6_u32.to_le_bytes());
        string(&mut out, spec);
        out.extend(3_u32.to_le_bytes());
        out.extend((variables.len() as u32).to_le_bytes());
        for (name, dims, kind, data) in variables {
            string(&mut out, name);
            out.push(dims.len() as u8);
            dims.iter().for_each(|dim| out.extend(dim.to_le_bytes()));
            out.push(*kind);
            out.extend((data.len() as u32).to_le_bytes());
            out.extend(data);
        }
        out.extend(1_u32.to_le_bytes());
        string(&mut out, "decoder/projection/weight");
        string(&mut out, "decoder/embeddings/weight");
        out
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> Vec<u8> {
        build::file(
            "WhisperSpec",
            &[
                ("encoder/layer_0/x".into(), vec![2, 3], 4, vec![7; 12]),
                ("encoder/layer_1/x".into(), vec![2], 4, vec![8; 4]),
                ("encoder/num_heads".into(), vec![], 2, vec![8, 0]),
            ],
        )
    }

    #[test]
    fn variables_come_out_as_written() {
        let bytes = sample();
        let model = Ct2::parse(&bytes).unwrap();
        assert_eq!(model.spec, "WhisperSpec");
        assert_eq!(model.halves("encoder/layer_0/x", 2).unwrap().dims, [2, 3]);
        assert_eq!(model.integer("encoder/num_heads"), Ok(8));
        assert_eq!((model.layers("encoder"), model.layers("decoder")), (2, 0));
    }

    #[test]
    fn a_variable_of_another_rank_or_type_is_refused() {
        let bytes = sample();
        let model = Ct2::parse(&bytes).unwrap();
        assert!(model.halves("encoder/layer_0/x", 1).is_err());
        assert!(model.halves("encoder/num_heads", 0).is_err());
        assert!(model.integer("encoder/layer_1/x").is_err());
    }

    #[test]
    fn every_truncation_and_every_appendix_is_noticed() {
        let bytes = sample();
        for end in 0..bytes.len() {
            assert!(Ct2::parse(&bytes[..end]).is_err(), "cut at {end}");
        }
        let longer = [bytes.as_slice(), &[0]].concat();
        assert_eq!(Ct2::parse(&longer), Err(Ct2Error::Trailing(1)));
    }

    proptest! {
        #[test]
        fn junk_never_panics(bytes in prop::collection::vec(any::<u8>(), 0..512)) {
            let _ = Ct2::parse(&bytes);
        }

        #[test]
        fn a_damaged_file_never_panics(at in 0_usize..150, value in any::<u8>()) {
            let mut bytes = sample();
            let at = at % bytes.len();
            bytes[at] = value;
            if let Ok(model) = Ct2::parse(&bytes) {
                let _ = model.halves("encoder/layer_0/x", 2);
                let _ = model.integer("encoder/num_heads");
            }
        }
    }
}
