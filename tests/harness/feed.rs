//! A prerecorded show, packetised: 720p30 VP8 at 2 Mb/s and Opus, looping for ever. No encoder
//! runs while a test or a measurement does.

use std::io::Cursor;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use rtc::media::io::ivf_reader::IVFReader;
use rtc::media::io::ogg_reader::OggReader;
use rtc::rtp::codec::vp8::Vp8Payloader;
use rtc::rtp::packetizer::Payloader as _;

/// Largest RTP payload: leaves room for header, extensions and tag below the usual 1200 octets.
const PAYLOAD_MAX: usize = 1160;
/// Thirty frames a second.
const FRAME: Duration = Duration::from_nanos(1_000_000_000 / 30);
/// One Opus packet.
const SOUND: Duration = Duration::from_millis(20);

/// Audio or video.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Opus.
    Audio,
    /// VP8.
    Video,
}

/// One packet that is due.
#[derive(Debug, Clone)]
pub struct Due {
    /// Audio or video.
    pub kind: Kind,
    /// RTP sequence number.
    pub seq: u16,
    /// RTP timestamp.
    pub timestamp: u32,
    /// Last packet of its frame.
    pub marker: bool,
    /// Payload.
    pub payload: Bytes,
}

/// The recording: frames and sound packets.
struct Recording {
    frames: Vec<Bytes>,
    sounds: Vec<Bytes>,
}

static RECORDING: LazyLock<Recording> = LazyLock::new(|| {
    let video = include_bytes!("../../load/feed/video.ivf");
    let (mut reader, _) = IVFReader::new(Cursor::new(video)).expect("the committed feed is IVF");
    let frames = std::iter::from_fn(|| reader.parse_next_frame().ok());
    let frames = frames.map(|(frame, _)| frame.freeze()).collect();

    let audio = include_bytes!("../../load/feed/audio.ogg");
    let mut pages = OggReader::new_with_options(Cursor::new(audio), true);
    let pages = std::iter::from_fn(|| pages.parse_next_page().ok());
    // The first two pages are OpusHead and OpusTags.
    let sounds = pages
        .skip(2)
        .map(|(page, _)| page.freeze())
        .filter(|page| !page.is_empty());
    Recording {
        frames,
        sounds: sounds.collect(),
    }
});

/// Plays the recording: says which packets are due at a time since its start.
#[derive(Debug)]
pub struct Feed {
    payloader: Vp8Payloader,
    frames: u32,
    /// Frame of the recording shown next.
    shown: usize,
    sounds: u32,
    video_seq: u16,
    audio_seq: u16,
    /// Heard in place of the recording's sound.
    speech: Option<Arc<[Bytes]>>,
}

impl Default for Feed {
    fn default() -> Self {
        Feed::new()
    }
}

impl Feed {
    /// From the first frame, a key frame.
    #[must_use]
    pub fn new() -> Feed {
        let mut payloader = Vp8Payloader::default();
        payloader.enable_picture_id = true;
        // The payloader writes ids below 128 in seven bits; browsers always use fifteen.
        for _ in 0..128 {
            let _ = payloader.payload(PAYLOAD_MAX, &Bytes::from_static(&[0]));
        }
        Feed {
            payloader,
            frames: 0,
            shown: 0,
            sounds: 0,
            video_seq: 65_000,
            audio_seq: 1,
            speech: None,
        }
    }

    /// With other sound: Opus packets of 20 ms, repeated for ever.
    #[must_use]
    pub fn speaking(self, packets: Arc<[Bytes]>) -> Feed {
        Feed {
            speech: Some(packets),
            ..self
        }
    }

    /// The next frame is a key frame, as an encoder makes one when asked: the recording starts
    /// anew, numbers and timestamps go on.
    pub fn restart(&mut self) {
        self.shown = 0;
    }

    /// When the next packet is due, since the start.
    #[must_use]
    pub fn next_due(&self) -> Duration {
        (FRAME * self.frames).min(SOUND * self.sounds)
    }

    /// Every packet due until `elapsed`, in order.
    pub fn due(&mut self, elapsed: Duration) -> Vec<Due> {
        let mut due = Vec::new();
        while self.next_due() <= elapsed {
            if FRAME * self.frames <= SOUND * self.sounds {
                self.frame(&mut due);
            } else {
                self.sound(&mut due);
            }
        }
        due
    }

    fn frame(&mut self, due: &mut Vec<Due>) {
        let frames = &RECORDING.frames;
        let frame = &frames[self.shown % frames.len()];
        self.shown += 1;
        let payloads = self
            .payloader
            .payload(PAYLOAD_MAX, frame)
            .expect("frames are not empty");
        let last = payloads.len() - 1;
        for (index, payload) in payloads.into_iter().enumerate() {
            due.push(Due {
                kind: Kind::Video,
                seq: self.video_seq,
                timestamp: self.frames.wrapping_mul(3000),
                marker: index == last,
                payload,
            });
            self.video_seq = self.video_seq.wrapping_add(1);
        }
        self.frames += 1;
    }

    fn sound(&mut self, due: &mut Vec<Due>) {
        let sounds: &[Bytes] = self.speech.as_deref().unwrap_or(&RECORDING.sounds);
        due.push(Due {
            kind: Kind::Audio,
            seq: self.audio_seq,
            timestamp: self.sounds.wrapping_mul(960),
            marker: self.sounds == 0,
            payload: sounds[self.sounds as usize % sounds.len()].clone(),
        });
        self.audio_seq = self.audio_seq.wrapping_add(1);
        self.sounds += 1;
    }
}

impl Due {
    /// A cheap picture of this height in place of the recording's: the beginning of each frame,
    /// three octets for each of its lines, with the height written into key frames (RFC 6386
    /// §9.1). None: left out. It cannot be decoded, which nobody on the way tries.
    #[must_use]
    pub fn scaled(&self, seq: u16, height: u16) -> Option<Due> {
        // The descriptor's S bit: a frame begins (RFC 7741 §4.2).
        let starts = self.kind == Kind::Video && self.payload.first()? & 0x10 != 0;
        let mut payload = starts.then(|| self.payload.to_vec())?;
        payload.truncate(3 * usize::from(height));
        if keyframe_size(&self.payload).is_some() {
            payload[DESCRIPTOR + 6..][..2].copy_from_slice(&(height / 9 * 16).to_le_bytes());
            payload[DESCRIPTOR + 8..][..2].copy_from_slice(&height.to_le_bytes());
        }
        Some(Due {
            seq,
            marker: true,
            payload: payload.into(),
            ..*self
        })
    }
}

/// Octets before a VP8 frame, with a picture id of fifteen bits.
const DESCRIPTOR: usize = 4;

/// Width and height in a VP8 payload that begins a key frame.
#[must_use]
pub fn keyframe_size(payload: &[u8]) -> Option<(u16, u16)> {
    let [tag, _, _, 0x9d, 0x01, 0x2a, w0, w1, h0, h1, ..] = *payload.get(DESCRIPTOR..)? else {
        return None;
    };
    let pixels = |low, high| u16::from_le_bytes([low, high]) & 0x3fff;
    (tag & 1 == 0).then(|| (pixels(w0, w1), pixels(h0, h1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_seconds_have_their_frames_sounds_and_bits() {
        let mut feed = Feed::new();
        let due = feed.due(Duration::from_secs(10) - Duration::from_millis(1));
        let frames = due
            .iter()
            .filter(|packet| packet.kind == Kind::Video && packet.marker);
        assert_eq!(frames.count(), 300);
        let sounds = due.iter().filter(|packet| packet.kind == Kind::Audio);
        assert_eq!(sounds.count(), 500);
        let octets: usize = due.iter().map(|packet| packet.payload.len()).sum();
        let megabits = octets as f64 * 8.0 / 10.0 / 1e6;
        assert!((1.5..2.5).contains(&megabits), "{megabits} Mb/s");
    }

    #[test]
    fn a_key_frame_comes_when_asked() {
        let mut feed = Feed::new();
        // The P bit of a VP8 frame header (RFC 6386 §9.1) follows the four octet descriptor.
        let keyframe = |due: &Due| due.kind == Kind::Video && due.payload[4] & 1 == 0;
        let first = feed.due(Duration::ZERO);
        assert!(first.iter().any(keyframe));
        assert!(!feed.due(Duration::from_millis(34)).iter().any(|due| {
            // Later packets of a frame carry no frame header.
            due.payload[0] & 0x10 != 0 && keyframe(due)
        }));
        feed.restart();
        let asked = feed.due(Duration::from_millis(67));
        let asked = asked.iter().find(|due| due.kind == Kind::Video).unwrap();
        assert!(keyframe(asked) && asked.timestamp == 2 * 3000);
    }

    #[test]
    fn numbers_go_on_over_the_loop() {
        let mut feed = Feed::new();
        let due = feed.due(Duration::from_secs(9));
        for kind in [Kind::Audio, Kind::Video] {
            let numbers: Vec<u16> = due
                .iter()
                .filter(|packet| packet.kind == kind)
                .map(|packet| packet.seq)
                .collect();
            assert!(
                numbers
                    .windows(2)
                    .all(|pair| pair[1] == pair[0].wrapping_add(1))
            );
        }
        assert!(feed.next_due() > Duration::from_secs(9));
    }
}
