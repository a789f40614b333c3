//! A viewer's first picture: when all packets of a first key frame have come. VP8 only, because
//! that is what the feed is coded with.

/// VP8's payload type in the offers of the `rtc` crate.
const VP8: u8 = 96;

/// One decrypted packet.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Piece<'a> {
    /// RTP payload type.
    pub payload_type: u8,
    /// RTP sequence number.
    pub seq: u16,
    /// RTP timestamp.
    pub rtp_ts: u32,
    /// Last packet of its frame.
    pub marker: bool,
    /// RTP payload.
    pub payload: &'a [u8],
}

/// Waits for a whole key frame.
#[derive(Debug, Default)]
pub(crate) struct FirstPicture {
    /// Timestamp and first sequence number of the newest key frame.
    begun: Option<(u32, u16)>,
    last: Option<u16>,
    pieces: u16,
    complete: bool,
}

impl FirstPicture {
    /// Takes a packet; packets of a frame may come in any order, but its first one starts it.
    pub(crate) fn take(&mut self, piece: Piece<'_>) {
        if self.complete || piece.payload_type != VP8 {
            return;
        }
        let begins = begins_keyframe(piece.payload);
        if begins && self.begun.is_none_or(|(rtp_ts, _)| rtp_ts != piece.rtp_ts) {
            self.begun = Some((piece.rtp_ts, piece.seq));
            (self.last, self.pieces) = (None, 0);
        }
        let Some((_, first)) = self.begun.filter(|(rtp_ts, _)| *rtp_ts == piece.rtp_ts) else {
            return;
        };
        self.pieces += 1;
        if piece.marker {
            self.last = Some(piece.seq);
        }
        self.complete = self
            .last
            .is_some_and(|last| last.wrapping_sub(first).wrapping_add(1) == self.pieces);
    }

    /// Whether a decoder could show something.
    pub(crate) fn is_complete(&self) -> bool {
        self.complete
    }
}

/// RFC 7741 §4.2: the descriptor's S bit with partition 0, then the P bit of the frame header.
fn begins_keyframe(payload: &[u8]) -> bool {
    let (Some(first), Some(header)) = (payload.first(), payload.get(descriptor_len(payload)))
    else {
        return false;
    };
    first & 0x17 == 0x10 && header & 1 == 0
}

fn descriptor_len(payload: &[u8]) -> usize {
    let at = |index| payload.get(index).copied().unwrap_or(0);
    if at(0) & 0x80 == 0 {
        return 1;
    }
    let extensions = at(1);
    let picture_id = match (extensions & 0x80 != 0, at(2) & 0x80 != 0) {
        (false, _) => 0,
        (true, false) => 1,
        (true, true) => 2,
    };
    2 + picture_id + usize::from(extensions & 0x40 != 0) + usize::from(extensions & 0x30 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn piece(seq: u16, rtp_ts: u32, marker: bool, payload: &[u8]) -> Piece<'_> {
        Piece {
            payload_type: VP8,
            seq,
            rtp_ts,
            marker,
            payload,
        }
    }

    const KEY: &[u8] = &[0x90, 0x80, 0x80, 0x01, 0x00];
    const DELTA: &[u8] = &[0x90, 0x80, 0x80, 0x01, 0x01];
    const REST: &[u8] = &[0x80, 0x80, 0x80, 0x01, 0x00];

    #[test]
    fn every_packet_of_the_key_frame_is_needed() {
        let mut first = FirstPicture::default();
        first.take(piece(1, 0, true, DELTA));
        first.take(piece(65_535, 3_000, false, KEY));
        first.take(piece(1, 3_000, true, REST));
        assert!(!first.is_complete(), "0 is missing");
        first.take(piece(0, 3_000, false, REST));
        assert!(first.is_complete());
    }

    #[test]
    fn a_broken_key_frame_is_followed_by_a_whole_one() {
        let mut first = FirstPicture::default();
        first.take(piece(5, 0, false, KEY));
        first.take(piece(9, 6_000, true, KEY));
        assert!(first.is_complete());
    }
}
