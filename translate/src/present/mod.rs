//! Lines as a reader can follow them: at most two rows of 37 columns, each at least a second on
//! the screen, at no more than 180 words a minute as far as that does not make them late. All
//! clients get them so: pages, event streams, WebVTT, subtitle files.

mod rows;
#[cfg(test)]
mod tests;

pub use rows::{COLUMNS_MAX, columns, rows};

/// Rows on the screen at once (Ofcom, EBU-TT-D guides).
pub const ROWS_MAX: usize = 2;

/// Shortest time on the screen.
pub const STAY_MS_MIN: u64 = 1_000;

/// Fastest reading asked for (Ofcom's limit for live subtitles).
pub const WORDS_PER_MINUTE_MAX: u64 = 180;

/// Columns of a word in that count: five letters and a space; also three Chinese characters.
const WORD_COLUMNS: u64 = 6;

/// How far a cue may fall behind its speech to let the one before be read. Who speaks faster for
/// longer is followed faster: words are never left out.
pub const DRIFT_MS_MAX: u64 = 3_000;

/// What is on the screen at one time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cue {
    /// One row or two, in reading order; each is a paragraph of its own for the direction of
    /// writing (UAX 9).
    pub rows: Vec<String>,
    /// Media clock from which it is shown, ms.
    pub start_ms: u64,
    /// Until when, unless the next one comes before: at least [`STAY_MS_MIN`] later.
    pub end_ms: u64,
}

impl Cue {
    /// How long it takes to read, ms.
    #[must_use]
    pub fn reading_ms(&self) -> u64 {
        let words = self.rows.iter().flat_map(|row| row.split_whitespace());
        let by_words = words.count() as u64 * 60_000;
        let width: u64 = self.rows.iter().map(|row| columns(row) as u64).sum();
        let by_columns = width * 60_000 / WORD_COLUMNS;
        by_words.max(by_columns).div_ceil(WORDS_PER_MINUTE_MAX)
    }
}

/// Gives the lines of one language their place in time, in the order they come.
#[derive(Debug, Clone, Default)]
pub struct Presenter {
    /// When the last cue began, and how long it should be left.
    last: Option<(u64, u64)>,
}

impl Presenter {
    /// The cues of a line spoken from `start_ms` to `end_ms`; the next line comes after them.
    #[must_use]
    pub fn take(&mut self, text: &str, start_ms: u64, end_ms: u64) -> Vec<Cue> {
        let mut cues = cut(text, start_ms, end_ms);
        for cue in &mut cues {
            let spoken_ms = cue.start_ms;
            if let Some((began_ms, stay_ms)) = self.last {
                let read_ms = (began_ms + stay_ms).min(spoken_ms + DRIFT_MS_MAX);
                cue.start_ms = spoken_ms.max(read_ms).max(began_ms + STAY_MS_MIN);
            }
            let stay_ms = cue.reading_ms().max(STAY_MS_MIN);
            cue.end_ms = cue.end_ms.max(cue.start_ms + stay_ms);
            self.last = Some((cue.start_ms, stay_ms));
        }
        cues
    }

    /// The cues of a line that may still change; the next line does not wait for them.
    #[must_use]
    pub fn preview(&self, text: &str, start_ms: u64, end_ms: u64) -> Vec<Cue> {
        self.clone().take(text, start_ms, end_ms)
    }
}

/// Ends each cue where the next one begins: never more than [`ROWS_MAX`] rows at once.
pub fn clear<'a>(cues: impl DoubleEndedIterator<Item = &'a mut Cue>) {
    let mut next_ms = u64::MAX;
    for cue in cues.rev() {
        cue.end_ms = cue.end_ms.min(next_ms).max(cue.start_ms + 1);
        next_ms = cue.start_ms;
    }
}

/// Cuts a line into screens, its time shared by width.
fn cut(text: &str, start_ms: u64, end_ms: u64) -> Vec<Cue> {
    let rows = rows(text);
    let width = |rows: &[String]| rows.iter().map(|row| columns(row) as u64).sum::<u64>();
    let (total, length_ms) = (width(&rows).max(1), end_ms.saturating_sub(start_ms));
    let mut said = 0;
    let cue = |rows: &[String]| {
        let from_ms = start_ms + length_ms * said / total;
        said += width(rows);
        Cue {
            rows: rows.to_vec(),
            start_ms: from_ms,
            end_ms: start_ms + length_ms * said / total,
        }
    };
    rows.chunks(ROWS_MAX).map(cue).collect()
}
