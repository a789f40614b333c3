//! A scripted publisher: frames whose packets say what they are, so that a receiver can tell
//! whether it was shown what it must not be shown.

use std::time::Instant;

use bytes::Bytes;

use super::vp8;
use crate::packet::Packet;

/// A frame: the n-th of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shot {
    pub layer: u8,
    pub frame: u32,
}

impl Shot {
    /// Whether it can be decoded after `last` without a key frame.
    pub(crate) fn follows(self, last: Shot) -> bool {
        self.layer == last.layer && self.frame == last.frame + 1
    }
}

/// What a packet of the script says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Content {
    pub shot: Shot,
    pub key: bool,
    /// Which of how many packets.
    pub place: u16,
    pub count: u16,
}

/// The VP8 payload descriptor: extension, 15-bit picture id.
const DESCRIPTOR: usize = 4;
const CONTENT: usize = 10;

impl Content {
    pub(crate) fn starts_key(&self) -> bool {
        self.key && self.place == 0
    }

    fn write(&self, payload: &mut Vec<u8>) {
        payload.extend_from_slice(&self.shot.frame.to_be_bytes());
        payload.extend_from_slice(&self.place.to_be_bytes());
        payload.extend_from_slice(&self.count.to_be_bytes());
        payload.extend_from_slice(&[u8::from(self.key), self.shot.layer]);
    }

    /// Picture id and content of a payload.
    pub(crate) fn read(payload: &[u8]) -> (u16, Content) {
        assert!(
            payload.len() >= DESCRIPTOR + CONTENT,
            "no packet of the script"
        );
        let picture = u16::from_be_bytes([payload[2], payload[3]]) & 0x7fff;
        let body = &payload[DESCRIPTOR..];
        let short = |at: usize| u16::from_be_bytes([body[at], body[at + 1]]);
        let content = Content {
            shot: Shot {
                layer: body[9],
                frame: u32::from_be_bytes(body[..4].try_into().unwrap()),
            },
            place: short(4),
            count: short(6),
            key: body[8] != 0,
        };
        (picture, content)
    }
}

/// One layer of the publisher's encoder.
pub(crate) struct Encoder {
    layer: u8,
    /// Bytes of an ordinary frame and of a key frame.
    sizes: (usize, usize),
    frame: u32,
    seq: u64,
    key_wanted: bool,
}

/// Payload bytes of a full packet.
const PACKET: usize = 1_100;

impl Encoder {
    /// `bits_per_second` at 30 frames a second; a key frame is eight times an ordinary one.
    pub(crate) fn new(layer: u8, bits_per_second: usize) -> Encoder {
        let ordinary = bits_per_second / 8 / 30;
        Encoder {
            layer,
            sizes: (ordinary, ordinary * 8),
            frame: 0,
            seq: 100_000 * (u64::from(layer) + 1),
            key_wanted: true,
        }
    }

    pub(crate) fn want_key(&mut self) {
        self.key_wanted = true;
    }

    /// The next frame's packets.
    pub(crate) fn encode(&mut self, now: Instant) -> Vec<Packet> {
        let key = std::mem::take(&mut self.key_wanted);
        let size = if key { self.sizes.1 } else { self.sizes.0 };
        let count = size.div_ceil(PACKET).max(1);
        let shot = Shot {
            layer: self.layer,
            frame: self.frame,
        };
        // Each layer counts its pictures from elsewhere, as encoders do.
        let picture = u64::from(self.frame) + 5_000 * u64::from(self.layer);
        let packets = (0..count).map(|place| {
            let content = Content {
                shot,
                key,
                place: place as u16,
                count: count as u16,
            };
            let mut payload = vec![
                0x90,
                0x80,
                0x80 | (picture >> 8 & 0x7f) as u8,
                picture as u8,
            ];
            content.write(&mut payload);
            payload.resize((size / count).max(DESCRIPTOR + CONTENT), place as u8);
            Packet {
                seq: self.seq + place as u64,
                rtp_ts: self.frame.wrapping_mul(3_000),
                marker: place + 1 == count,
                keyframe: content.starts_key(),
                arrival: now,
                payload: Bytes::from(payload),
                ..vp8(picture, 1, key)
            }
        });
        let packets = packets.collect();
        self.frame += 1;
        self.seq += count as u64;
        packets
    }
}
