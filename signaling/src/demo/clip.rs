//! The embedded clip: VP8 frames (IVF), Opus packets (Ogg) and cues, cut into ticks of 20 ms so
//! that one clock paces both tracks. Pure.

use std::io::Cursor;

use bytes::Bytes;
use rtc::media::io::ivf_reader::IVFReader;
use rtc::media::io::ogg_reader::OggReader;
use serde::Deserialize;

/// One Opus packet, half a video frame.
pub(super) const TICK_MS: u64 = 20;
/// One video frame.
pub(super) const FRAME_MS: u64 = 2 * TICK_MS;

static IVF: &[u8] = include_bytes!("../../demo/clip.ivf");
static OGG: &[u8] = include_bytes!("../../demo/clip.ogg");
static CUES: &[u8] = include_bytes!("../../demo/cues.json");

/// Why a clip cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum ClipError {
    /// The video file is not VP8 at 25 frames a second in IVF.
    #[error("clip.ivf: {0}")]
    Video(String),
    /// The sound file is not Opus in Ogg with one packet a page, or is too short.
    #[error("clip.ogg: {0}")]
    Audio(String),
    /// The cues do not fit the clip.
    #[error("cues.json: {0}")]
    Cues(String),
}

/// A product is spoken of between these milliseconds of the loop.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Cue {
    /// Product id.
    pub(super) product: String,
    /// From.
    pub(super) pin_ms: u64,
    /// To.
    pub(super) unpin_ms: u64,
}

#[derive(Deserialize)]
struct CueFile {
    duration_ms: u64,
    cues: Vec<Cue>,
}

/// The clip. Its two tracks are exactly as long as each other, so it can loop for ever.
#[derive(Debug)]
pub struct Clip {
    frames: Vec<Bytes>,
    packets: Vec<Bytes>,
    cues: Vec<Cue>,
}

impl Clip {
    /// The clip in this binary.
    ///
    /// # Errors
    /// When it is damaged.
    pub fn embedded() -> Result<Clip, ClipError> {
        Clip::read(IVF, OGG, CUES)
    }

    fn read(ivf: &[u8], ogg: &[u8], cues: &[u8]) -> Result<Clip, ClipError> {
        let frames = read_frames(ivf)?;
        let mut packets = read_packets(ogg)?;
        let ticks = frames.len() * 2;
        if packets.len() < ticks {
            let message = format!("{} packets for {ticks} ticks", packets.len());
            return Err(ClipError::Audio(message));
        }
        // What is beyond is the encoder's look-ahead.
        packets.truncate(ticks);
        let file: CueFile =
            serde_json::from_slice(cues).map_err(|e| ClipError::Cues(e.to_string()))?;
        let clip = Clip {
            frames,
            packets,
            cues: file.cues,
        };
        clip.check_cues(file.duration_ms)?;
        Ok(clip)
    }

    fn check_cues(&self, duration_ms: u64) -> Result<(), ClipError> {
        if duration_ms != self.duration_ms() {
            let message = format!("for {duration_ms} ms, the clip has {}", self.duration_ms());
            return Err(ClipError::Cues(message));
        }
        let mut end = 0;
        for cue in &self.cues {
            if cue.pin_ms < end || cue.unpin_ms <= cue.pin_ms || cue.unpin_ms > duration_ms {
                return Err(ClipError::Cues(format!("`{}` overlaps", cue.product)));
            }
            end = cue.unpin_ms;
        }
        Ok(())
    }

    /// Length of one loop.
    #[must_use]
    pub fn duration_ms(&self) -> u64 {
        self.frames.len() as u64 * FRAME_MS
    }

    /// What is sent at a tick, counted from the start of the first loop: always sound, and a
    /// picture at every second one.
    #[must_use]
    pub fn tick(&self, tick: u64) -> (&Bytes, Option<&Bytes>) {
        let index = usize::try_from(tick % self.packets.len() as u64).expect("below a length");
        let frame = index.is_multiple_of(2).then(|| &self.frames[index / 2]);
        (&self.packets[index], frame)
    }

    /// The product spoken of at a time since the start of the first loop.
    #[must_use]
    pub fn spoken_of(&self, since_start_ms: u64) -> Option<&str> {
        let at = since_start_ms % self.duration_ms();
        self.cues
            .iter()
            .find(|cue| (cue.pin_ms..cue.unpin_ms).contains(&at))
            .map(|cue| cue.product.as_str())
    }

    /// When [`Clip::spoken_of`] next changes, or the loop begins again.
    #[must_use]
    pub fn next_change_ms(&self, since_start_ms: u64) -> u64 {
        let at = since_start_ms % self.duration_ms();
        let edges = self.cues.iter().flat_map(|cue| [cue.pin_ms, cue.unpin_ms]);
        let next = edges.filter(|edge| *edge > at).min();
        since_start_ms - at + next.unwrap_or(self.duration_ms())
    }

    /// Whether a product belongs to the script.
    #[must_use]
    pub fn shows(&self, product: &str) -> bool {
        self.cues.iter().any(|cue| cue.product == product)
    }
}

fn read_frames(ivf: &[u8]) -> Result<Vec<Bytes>, ClipError> {
    let wrong = |e: rtc::shared::error::Error| ClipError::Video(e.to_string());
    let (mut reader, header) = IVFReader::new(Cursor::new(ivf)).map_err(wrong)?;
    let frame_ms = 1_000 * u64::from(header.timebase_numerator)
        / u64::from(header.timebase_denominator).max(1);
    if &header.four_cc != b"VP80" || frame_ms != FRAME_MS {
        return Err(ClipError::Video(format!(
            "not VP8 with {FRAME_MS} ms frames"
        )));
    }
    let mut frames = Vec::new();
    while let Ok((frame, _)) = reader.parse_next_frame() {
        frames.push(frame.freeze());
    }
    match frames.first().and_then(|frame| frame.first()) {
        // The lowest bit of a VP8 frame is 0 in a key frame (RFC 6386, section 9.1).
        Some(first) if first & 1 == 0 => Ok(frames),
        _ => Err(ClipError::Video("does not begin with a key frame".into())),
    }
}

fn read_packets(ogg: &[u8]) -> Result<Vec<Bytes>, ClipError> {
    let wrong = |e: rtc::shared::error::Error| ClipError::Audio(e.to_string());
    let (mut reader, _) = OggReader::new(Cursor::new(ogg), true).map_err(wrong)?;
    let mut packets = Vec::new();
    while let Ok((page, header)) = reader.parse_next_page() {
        if header.opus_header_type(&page).is_none() {
            packets.push(page.freeze());
        }
    }
    Ok(packets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_clip_is_whole_and_small() {
        let clip = Clip::embedded().expect("a whole clip");
        assert_eq!(clip.packets.len(), clip.frames.len() * 2);
        assert!(clip.duration_ms() > 60_000, "{} ms", clip.duration_ms());
        assert!(IVF.len() + OGG.len() < 8 << 20, "a few MB");
        // One packet a page, 20 ms each: a page with several would be far larger.
        assert!(clip.packets.iter().all(|p| (1..400).contains(&p.len())));
    }

    #[test]
    fn a_viewer_never_waits_longer_than_two_seconds_for_a_key_frame() {
        let clip = Clip::embedded().expect("a whole clip");
        let mut since = 0;
        for frame in clip.frames.iter().chain(clip.frames.first()) {
            since = if frame[0] & 1 == 0 { 0 } else { since + 1 };
            assert!(since * FRAME_MS < 2_000);
        }
    }

    #[test]
    fn the_loop_has_no_seam() {
        let clip = Clip::embedded().expect("a whole clip");
        let ticks = clip.duration_ms() / TICK_MS;
        assert_eq!(clip.tick(0), clip.tick(ticks));
        assert_eq!(clip.tick(ticks - 1).1, None);
        assert_eq!(
            clip.spoken_of(12_345),
            clip.spoken_of(12_345 + clip.duration_ms())
        );
    }

    #[test]
    fn every_change_of_product_is_announced() {
        let clip = Clip::embedded().expect("a whole clip");
        let (mut at, mut heard) = (0, Vec::new());
        while at < 2 * clip.duration_ms() {
            let next = clip.next_change_ms(at);
            assert!(next > at);
            assert_eq!(clip.spoken_of(at), clip.spoken_of(next - 1));
            heard.extend(clip.spoken_of(at).map(str::to_owned));
            at = next;
        }
        let (first, second) = heard.split_at(heard.len() / 2);
        assert_eq!(first, second);
        assert_eq!(first.len(), clip.cues.len());
    }

    #[test]
    fn every_cue_is_in_the_catalogue() {
        let clip = Clip::embedded().expect("a whole clip");
        let ids = super::super::api::catalogue_ids();
        for cue in &clip.cues {
            assert!(ids.contains(&cue.product), "{}", cue.product);
        }
    }
}
