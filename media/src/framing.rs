//! Datagrams in a byte stream: a length in two bytes, then as many bytes (RFC 4571 §2).

use crate::limits::DATAGRAM_MAX;

const LENGTH: usize = 2;

/// A frame longer than any datagram taken: the peer does not speak this protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a frame of {0} bytes")]
pub(crate) struct TooLong(pub usize);

/// Cuts a stream into datagrams. Holds one at most.
pub(crate) struct Deframer {
    buffer: Box<[u8]>,
    start: usize,
    end: usize,
}

impl Deframer {
    pub(crate) fn new() -> Deframer {
        Deframer {
            buffer: vec![0; LENGTH + DATAGRAM_MAX].into_boxed_slice(),
            start: 0,
            end: 0,
        }
    }

    /// Where to read more into; never empty once [`Deframer::next`] has said `None`.
    pub(crate) fn space(&mut self) -> &mut [u8] {
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        &mut self.buffer[self.end..]
    }

    /// So many bytes were read into [`Deframer::space`].
    pub(crate) fn filled(&mut self, bytes: usize) {
        self.end += bytes;
    }

    /// The next whole datagram.
    pub(crate) fn next(&mut self) -> Result<Option<&[u8]>, TooLong> {
        let unread = &self.buffer[self.start..self.end];
        let Some((length, rest)) = unread.split_first_chunk::<LENGTH>() else {
            return Ok(None);
        };
        let length = usize::from(u16::from_be_bytes(*length));
        if length > DATAGRAM_MAX {
            return Err(TooLong(length));
        }
        if rest.len() < length {
            return Ok(None);
        }
        let datagram = self.start + LENGTH;
        self.start = datagram + length;
        Ok(Some(&self.buffer[datagram..self.start]))
    }
}

/// Appends a datagram as a frame.
pub(crate) fn frame(stream: &mut Vec<u8>, datagram: &[u8]) {
    // Nothing that leaves is as long as 65 536 bytes.
    stream.extend_from_slice(&(datagram.len() as u16).to_be_bytes());
    stream.extend_from_slice(datagram);
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// Feeds a stream in pieces of the given sizes (over and over); what came out.
    fn cut(stream: &[u8], pieces: &[usize]) -> Result<Vec<Vec<u8>>, TooLong> {
        let (mut deframer, mut found, mut rest) = (Deframer::new(), Vec::new(), stream);
        let mut pieces = pieces.iter().cycle();
        while !rest.is_empty() {
            let space = deframer.space();
            assert!(!space.is_empty(), "it always takes more");
            let piece = (*pieces.next().unwrap()).min(space.len()).min(rest.len());
            space[..piece].copy_from_slice(&rest[..piece]);
            rest = &rest[piece..];
            deframer.filled(piece);
            while let Some(datagram) = deframer.next()? {
                found.push(datagram.to_vec());
            }
        }
        Ok(found)
    }

    proptest! {
        #[test]
        fn datagrams_survive_any_cutting(
            datagrams in vec(vec(any::<u8>(), 0..=DATAGRAM_MAX), 0..8),
            pieces in vec(1usize..5_000, 1..8),
        ) {
            let mut stream = Vec::new();
            datagrams.iter().for_each(|datagram| frame(&mut stream, datagram));
            prop_assert_eq!(cut(&stream, &pieces), Ok(datagrams));
        }

        #[test]
        fn any_stream_is_cut_or_refused(
            stream in vec(any::<u8>(), 0..10_000),
            pieces in vec(1usize..5_000, 1..8),
        ) {
            let whole = cut(&stream, &[usize::MAX]);
            prop_assert_eq!(cut(&stream, &pieces), whole);
        }
    }

    #[test]
    fn a_frame_longer_than_a_datagram_is_refused() {
        assert_eq!(cut(&[8, 1, 0], &[3]), Err(TooLong(2_049)));
        assert_eq!(cut(&[8, 0, 0], &[3]), Ok(vec![]));
    }
}
