//! Every bound of this crate, with where the number comes from.

use std::time::Duration;

/// Between two partial decodes of one speaker (docs/benchmarks.md has the figures of others).
pub(crate) const STEP_MS: u64 = 600;

/// Voice there must be in the new audio to be worth a partial: in a pause nothing is said.
pub(crate) const STEP_VOICED_MS: u64 = 96;

/// A pause this long is read at once: what was said before it is complete, and if speech ends
/// here nothing is left to decode. Twice the pause inside a word.
pub(crate) const PAUSE_MS: u64 = 200;
const _: () = assert!(PAUSE_MS < SILENCE_MS);

/// Words that end later than this before the end of the audio are not committed yet: the next
/// sound may make other words of them.
pub(crate) const COMMIT_HELD_MS: u64 = 300;

/// Nor are they shown, unless they were heard twice …
pub(crate) const SHOW_HELD_MS: u64 = 250;

/// … or the recogniser is this sure.
pub(crate) const SHOW_PROBABILITY: f32 = 0.5;

/// The longest stretched step. Beyond it partials stop and lines come at pauses only.
pub(crate) const STEP_MS_MAX: u64 = 3_000;

/// Whisper makes things up from less.
pub(crate) const FIRST_DECODE_MS: u64 = 1_000;

/// Audio kept from before the voice detector fires: it hears the vowel, not the consonant.
pub(crate) const PRE_ROLL_MS: u64 = 300;

/// Silence that ends an utterance; shorter cuts clauses apart (14.7 % word errors at 0.25 s).
pub(crate) const SILENCE_MS: u64 = 400;

/// Longest decoded buffer before it is cut, at a committed sentence end if there is one: what a
/// partial costs grows with it.
pub(crate) const BUFFER_MS_MAX: u64 = 6_000;

/// Where a buffer is finished by force, when no committed word offers a place to cut.
pub(crate) const BUFFER_MS_HARD: u64 = 12_000;
const _: () = assert!(BUFFER_MS_MAX < BUFFER_MS_HARD);

/// What a cut leaves in the buffer at least, so that the next decode has something to read.
pub(crate) const CUT_REST_MS_MIN: u64 = 500;

/// Voiced audio after which a found language is kept for good.
pub(crate) const LANGUAGE_VOICED_MS: u64 = 2_500;

/// Voiced audio that must speak for another language before a speaker's found one is given up:
/// shorter stretches are foreign names in a sentence.
pub(crate) const SWITCH_VOICED_MS: u64 = 1_500;

/// Voiced audio needed before an utterance is worth a decode: a click is not a word.
pub(crate) const VOICED_MS_MIN: u64 = 130;

/// Words after which a line ends at the next committed comma.
pub(crate) const LINE_WORDS_SOFT: usize = 7;

/// Words after which a line ends at any committed word: two subtitle rows.
pub(crate) const LINE_WORDS_MAX: usize = 16;
const _: () = assert!(LINE_WORDS_SOFT < LINE_WORDS_MAX);

/// Packets held for a missing one: 16 × 20 ms, one retransmission round trip and some.
pub(crate) const REORDER_PACKETS_MAX: usize = 16;

/// How long a missing packet is waited for, by the arrival of later ones.
pub(crate) const REORDER_WAIT_MS: u64 = 150;

/// Losses up to here are concealed by the decoder; it fades out by itself after about this.
pub(crate) const CONCEAL_MS_MAX: u64 = 100;

/// Silence put in place of a hole at most: enough to end an utterance, cheap to listen to.
pub(crate) const SILENCE_FILL_MS_MAX: u64 = 600;
const _: () = assert!(SILENCE_MS < SILENCE_FILL_MS_MAX);

/// A hole longer than this starts a new stretch of time.
pub(crate) const HOLE_MS_MAX: u64 = 2_000;

/// Lost speech from here on is reported as a gap.
pub(crate) const GAP_MS_MIN: u64 = 500;

/// A sequence jump beyond this is a restarted sender, not a loss.
pub(crate) const SEQ_JUMP_MAX: u64 = 3_000;

/// Finished utterances of one speaker waiting for a decode thread: two full buffers.
pub(crate) const CLOSED_UTTERANCES_MAX: usize = 8;

/// A final later than this is an honest gap: nobody can use it any more.
pub(crate) const FINAL_LAG_MS_MAX: u64 = 20_000;

/// When a final should be there, counted from the end of its speech.
pub(crate) const FINAL_DUE_MS: u64 = 1_500;

/// Lines waiting to be translated, all speakers and languages together. Partials give way.
pub(crate) const TEXT_JOBS_MAX: usize = 256;

/// How long a written line waits for a translator outside: longer than whoever asks it there does.
pub(crate) const WRITTEN_WAIT: Duration = Duration::from_secs(5);

/// Lines that are out for an outside translator at once: what a small server of that kind does in
/// parallel. More wait their turn …
pub(crate) const OUTSIDE_LINES_OUT_MAX: usize = 8;

/// … and this many wait at most, all speakers and languages together; beyond it the oldest, which
/// is of least use, is left untranslated.
pub(crate) const OUTSIDE_LINES_MAX: usize = 64;

/// Final lines remembered so that no late partial follows them.
pub(crate) const FINALS_REMEMBERED: u64 = 512;

/// Final lines of a speaker kept for who changes the language: more than fit on a screen.
pub(crate) const RECENT_LINES_MAX: usize = 6;

/// And how old the end of such a line may be: what was said a minute ago is not waited for.
pub(crate) const RECENT_MS_MAX: u64 = 60_000;

/// Calls waiting for the pipeline thread: a second of packets from 40 speakers. When full, the
/// packet is dropped and the timeline sees a loss.
pub(crate) const COMMANDS_MAX: usize = 2_048;

/// Captions waiting for the reader. Partials are dropped when full, finals wait.
pub(crate) const OUTPUTS_MAX: usize = 1_024;

/// Finals waiting for a full reader; beyond it the oldest is dropped and logged.
pub(crate) const FINALS_WAITING_MAX: usize = 4_096;

/// Speakers at once; more are refused with a log line.
pub(crate) const SPEAKERS_MAX: usize = 1_024;

/// How long the pipeline thread sleeps at most before it looks at its deadlines.
pub(crate) const TICK_MS: u64 = 50;

/// Audio fed at a time from a file: one Opus packet's worth.
pub(crate) const FILE_FRAME_MS: u64 = 20;

/// Terms of a show's glossary: a hundred products with a name and a number each. More are left out.
pub(crate) const GLOSSARY_TERMS_MAX: usize = 400;

/// A longer term is a sentence and no name.
pub(crate) const GLOSSARY_TERM_CHARS_MAX: usize = 40;
