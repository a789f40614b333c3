//! Final lines as subtitles: WebVTT and SubRip with cues a reader can follow.

use std::fmt::Write;

/// Characters in a row, and rows in a cue (BBC and Netflix guides agree on about this).
const ROW_CHARS: usize = 42;
const ROWS: usize = 2;
/// A cue stays at least this long, if the next one leaves it the time.
const CUE_MS_MIN: u64 = 1_000;

/// The two subtitle formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subtitles {
    /// WebVTT.
    WebVtt,
    /// SubRip.
    SubRip,
}

/// One cue: when and what.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cue {
    start_ms: u64,
    end_ms: u64,
    text: String,
}

/// Writes lines `(start_ms, end_ms, text)` as a subtitle file.
#[must_use]
pub fn cues(format: Subtitles, lines: &[(u64, u64, String)]) -> String {
    let mut cues: Vec<Cue> = lines
        .iter()
        .flat_map(|line| cut(line.0, line.1, &line.2))
        .collect();
    cues.sort_by_key(|cue| cue.start_ms);
    for i in 0..cues.len() {
        let next_ms = cues.get(i + 1).map_or(u64::MAX, |next| next.start_ms);
        let cue = &mut cues[i];
        cue.end_ms = cue
            .end_ms
            .max(cue.start_ms + CUE_MS_MIN)
            .min(next_ms)
            .max(cue.start_ms + 1);
    }
    let mut out = String::new();
    if format == Subtitles::WebVtt {
        out.push_str("WEBVTT\n\n");
    }
    for (i, cue) in cues.iter().enumerate() {
        if format == Subtitles::SubRip {
            let _ = writeln!(out, "{}", i + 1);
        }
        let (start, end) = (time(format, cue.start_ms), time(format, cue.end_ms));
        let text = rows(&escape(format, &cue.text)).join("\n");
        let _ = write!(out, "{start} --> {end}\n{text}\n\n");
    }
    out
}

/// Cuts a line into cues of at most two rows, time shared by length.
fn cut(start_ms: u64, end_ms: u64, text: &str) -> Vec<Cue> {
    let rows = rows(text);
    let total = rows
        .iter()
        .map(|row| row.chars().count())
        .sum::<usize>()
        .max(1) as u64;
    let length_ms = end_ms.saturating_sub(start_ms);
    let mut said = 0;
    let cue = |rows: &[String]| {
        let chars = rows.iter().map(|row| row.chars().count()).sum::<usize>() as u64;
        let from_ms = start_ms + length_ms * said / total;
        said += chars;
        let to_ms = start_ms + length_ms * said / total;
        Cue {
            start_ms: from_ms,
            end_ms: to_ms,
            text: rows.join(" "),
        }
    };
    rows.chunks(ROWS).map(cue).collect()
}

/// Breaks text into rows at spaces, or anywhere in a script that has none.
fn rows(text: &str) -> Vec<String> {
    let mut rows: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let length = |text: &str| text.chars().count();
        match rows.last_mut() {
            Some(row) if length(row) + 1 + length(word) <= ROW_CHARS => {
                row.push(' ');
                row.push_str(word);
            }
            _ => {
                let letters: Vec<char> = word.chars().collect();
                rows.extend(
                    letters
                        .chunks(ROW_CHARS)
                        .map(|part| part.iter().collect::<String>()),
                );
            }
        }
    }
    rows
}

fn escape(format: Subtitles, text: &str) -> String {
    match format {
        Subtitles::WebVtt => text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;"),
        Subtitles::SubRip => text.to_owned(),
    }
}

fn time(format: Subtitles, ms: u64) -> String {
    let mark = if format == Subtitles::WebVtt {
        '.'
    } else {
        ','
    };
    let (seconds, ms) = (ms / 1_000, ms % 1_000);
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{hours:02}:{minutes:02}:{seconds:02}{mark}{ms:03}")
}

#[cfg(test)]
mod tests {
    use super::{Subtitles, cues};

    #[test]
    fn a_file_of_each_kind() {
        let lines = [
            (500, 1_200, "Five < six & more.".to_owned()),
            (1_300, 3_000, "Yes.".to_owned()),
        ];
        assert_eq!(
            cues(Subtitles::WebVtt, &lines),
            "WEBVTT\n\n00:00:00.500 --> 00:00:01.300\nFive &lt; six &amp; more.\n\n\
             00:00:01.300 --> 00:00:03.000\nYes.\n\n"
        );
        assert_eq!(
            cues(Subtitles::SubRip, &lines[1..]),
            "1\n00:00:01,300 --> 00:00:03,000\nYes.\n\n"
        );
    }

    #[test]
    fn long_lines_become_several_cues() {
        let line = (0, 9_000, "word ".repeat(40));
        let text = cues(Subtitles::WebVtt, &[line]);
        assert_eq!(text.matches("-->").count(), 3);
        assert!(text.lines().all(|row| row.chars().count() <= 42), "{text}");
        assert!(text.contains("--> 00:00:09.000"));
    }
}
