//! A media packet inside the server: the RTP header fields that survive forwarding, and the
//! payload, stored once and shared by every viewer, the ring and the other workers.

use std::time::Instant;

use bytes::Bytes;

use crate::handle::Kind;

/// Clock rate of every video codec here.
pub(crate) const VIDEO_CLOCK_HZ: u32 = 90_000;
/// Clock rate of Opus in RTP, whatever its coded bandwidth (RFC 7587 §4.1).
pub(crate) const AUDIO_CLOCK_HZ: u32 = 48_000;

/// What a track is coded with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codec {
    /// VP8 (RFC 7741).
    Vp8,
    /// H.264 in packetization mode 1 (RFC 6184).
    H264 {
        /// The six hex digits of `profile-level-id`, e.g. `0x42e01f`.
        profile_level_id: u32,
    },
    /// Opus (RFC 7587).
    Opus,
}

impl Codec {
    /// Audio or video.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Codec::Vp8 | Codec::H264 { .. } => Kind::Video,
            Codec::Opus => Kind::Audio,
        }
    }

    /// RTP clock rate in Hz.
    pub(crate) fn clock_hz(self) -> u32 {
        match self.kind() {
            Kind::Video => VIDEO_CLOCK_HZ,
            Kind::Audio => AUDIO_CLOCK_HZ,
        }
    }
}

/// Where VP8's running numbers stand in a payload, so that they can be rewritten in place.
/// The default (nothing present) is right for every other codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Vp8Fields {
    /// Picture id and the byte offset of its first byte in the payload.
    pub picture_id: Option<(PictureId, u8)>,
    /// TL0PICIDX and its byte offset in the payload.
    pub tl0: Option<(u8, u8)>,
}

/// A VP8 picture id in the width it was sent in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PictureId {
    /// Seven bits.
    Short(u8),
    /// Fifteen bits.
    Long(u16),
}

/// One RTP packet of one layer, free of its publisher's SSRC, payload type and extensions.
#[derive(Debug, Clone)]
pub(crate) struct Packet {
    /// Sequence number, extended past 16 bits at ingest; increases by one per packet sent.
    pub seq: u64,
    /// RTP timestamp as received.
    pub rtp_ts: u32,
    /// RTP marker bit: the last packet of a frame (video).
    pub marker: bool,
    /// First packet of a key frame (video), from which decoding can start.
    pub keyframe: bool,
    /// VP8 numbers to keep continuous.
    pub vp8: Vp8Fields,
    /// When the datagram was read.
    pub arrival: Instant,
    /// RTP payload, without padding.
    pub payload: Bytes,
}
