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
    /// VP9 (RFC 9628).
    Vp9 {
        /// `profile-id`; 0 is eight bits, 4:2:0.
        profile: u8,
    },
    /// H.264 in packetization mode 1 (RFC 6184).
    H264 {
        /// The six hex digits of `profile-level-id`, e.g. `0x42e01f`.
        profile_level_id: u32,
    },
    /// AV1 (AOM's RTP payload format 1.0).
    Av1 {
        /// `profile`; 0 is Main.
        profile: u8,
    },
    /// Opus (RFC 7587).
    Opus,
}

impl Codec {
    /// Audio or video.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Codec::Vp8 | Codec::Vp9 { .. } | Codec::H264 { .. } | Codec::Av1 { .. } => Kind::Video,
            Codec::Opus => Kind::Audio,
        }
    }

    /// Encoding name as SDP writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Codec::Vp8 => "VP8",
            Codec::Vp9 { .. } => "VP9",
            Codec::H264 { .. } => "H264",
            Codec::Av1 { .. } => "AV1",
            Codec::Opus => "opus",
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

/// Where the running numbers of VP8 and VP9 stand in a payload, so that they can be rewritten in
/// place. The default (nothing present) is right for every other codec.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Numbers {
    /// Picture id and the byte offset of its first byte in the payload.
    pub picture_id: Option<(PictureId, u8)>,
    /// TL0PICIDX and its byte offset in the payload.
    pub tl0: Option<(u8, u8)>,
}

/// A packet's place among the temporal layers that can be left out without a decoder noticing.
/// The default is right for every codec whose layers are not cut here: only VP8's are, because
/// they need no more than the payload descriptor and every browser sends them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Temporal {
    /// Its layer; 0 is needed by all others.
    pub id: u8,
    /// The frame leans on layer 0 alone, so that its layer may be taken up here (RFC 7741's Y).
    pub sync: bool,
}

/// A picture id in the width it was sent in.
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
    /// Numbers to keep continuous.
    pub numbers: Numbers,
    /// Its temporal layer.
    pub temporal: Temporal,
    /// When the datagram was read.
    pub arrival: Instant,
    /// RTP payload, without padding.
    pub payload: Bytes,
}
