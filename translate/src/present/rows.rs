//! Text to rows of the screen, by Unicode's line breaking (UAX 14) and column widths (UAX 11).

use icu_segmenter::options::LineBreakOptions;
use icu_segmenter::{GraphemeClusterSegmenter, LineSegmenter};
use unicode_width::UnicodeWidthStr;

/// Columns of a row: what broadcasters allow (Ofcom, EBU). Full-width characters take two, so a
/// Chinese, Japanese or Korean row has 18.
pub const COLUMNS_MAX: usize = 37;

/// How many columns a text takes.
#[must_use]
pub fn columns(text: &str) -> usize {
    text.width()
}

/// Fills rows from the first word on, so that words already shown keep their row while others
/// follow. What cannot be broken is broken between characters. Only white space is lost.
#[must_use]
pub fn rows(text: &str) -> Vec<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let segmenter = LineSegmenter::new_auto(LineBreakOptions::default());
    let mut rows = Rows::default();
    let mut from = 0;
    for to in segmenter.segment_str(&text).filter(|to| *to > 0) {
        rows.push(&text[from..to]);
        from = to;
    }
    rows.finish()
}

#[derive(Default)]
struct Rows {
    full: Vec<String>,
    row: String,
}

impl Rows {
    /// Adds a piece that is best kept together.
    fn push(&mut self, piece: &str) {
        if self.try_push(piece) {
            return;
        }
        self.end_row();
        if self.try_push(piece) {
            return;
        }
        let mut from = 0;
        let characters = GraphemeClusterSegmenter::new();
        for to in characters.segment_str(piece).filter(|to| *to > 0) {
            if !self.try_push(&piece[from..to]) {
                self.end_row();
                self.row.push_str(&piece[from..to]);
            }
            from = to;
        }
    }

    fn try_push(&mut self, piece: &str) -> bool {
        let before = self.row.len();
        self.row.push_str(piece);
        let fits = columns(self.row.trim_end()) <= COLUMNS_MAX;
        if !fits {
            self.row.truncate(before);
        }
        fits
    }

    fn end_row(&mut self) {
        let row = std::mem::take(&mut self.row);
        let row = row.trim();
        if !row.is_empty() {
            self.full.push(row.to_owned());
        }
    }

    fn finish(mut self) -> Vec<String> {
        self.end_row();
        self.full
    }
}
