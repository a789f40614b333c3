//! Final lines as subtitle files: WebVTT and SubRip, with the cues that all clients get.

use std::fmt::Write;

use crate::present::{self, Cue, Presenter};

/// The two subtitle formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Subtitles {
    /// WebVTT.
    WebVtt,
    /// SubRip.
    SubRip,
}

/// One cue of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subtitle {
    /// Who speaks, empty when nobody is named.
    pub speaker: String,
    /// WebVTT cue settings, empty for the usual place.
    pub place: &'static str,
    /// The words and their time from the start of the file.
    pub cue: Cue,
}

/// Writes lines `(start_ms, end_ms, text)` of one speaker as a subtitle file.
#[must_use]
pub fn cues(format: Subtitles, lines: &[(u64, u64, String)]) -> String {
    let mut lines: Vec<_> = lines.iter().collect();
    lines.sort_by_key(|line| line.0);
    let mut presenter = Presenter::default();
    let cues = lines
        .into_iter()
        .flat_map(|line| presenter.take(&line.2, line.0, line.1));
    let mut cues: Vec<Cue> = cues.collect();
    present::clear(cues.iter_mut());
    let subtitle = |cue| Subtitle {
        speaker: String::new(),
        place: "",
        cue,
    };
    let cues: Vec<Subtitle> = cues.into_iter().map(subtitle).collect();
    subtitles(format, &cues)
}

/// Writes cues as a subtitle file, in the order given.
#[must_use]
pub fn subtitles(format: Subtitles, cues: &[Subtitle]) -> String {
    let mut out = String::new();
    if format == Subtitles::WebVtt {
        out.push_str("WEBVTT\n");
    }
    let mut speaker = "";
    for (i, subtitle) in cues.iter().enumerate() {
        let Subtitle { cue, place, .. } = subtitle;
        let (start, end) = (time(format, cue.start_ms), time(format, cue.end_ms));
        let is_new = speaker != subtitle.speaker;
        speaker = &subtitle.speaker;
        let text = escape(format, &cue.rows.join("\n"));
        let name = escape(format, &speaker.replace(char::is_whitespace, " "));
        // A String takes every write.
        let _ = match format {
            Subtitles::WebVtt => {
                let space = if place.is_empty() { "" } else { " " };
                let voice = match name.is_empty() {
                    true => String::new(),
                    false => format!("<v {name}>"),
                };
                write!(out, "\n{start} --> {end}{space}{place}\n{voice}{text}\n")
            }
            Subtitles::SubRip => {
                let gap = if i == 0 { "" } else { "\n" };
                let named = is_new && !name.is_empty();
                let name = if named { name + ": " } else { String::new() };
                let number = i + 1;
                write!(out, "{gap}{number}\n{start} --> {end}\n{name}{text}\n")
            }
        };
    }
    out
}

/// Text that cannot end its cue or start a tag.
fn escape(format: Subtitles, text: &str) -> String {
    match format {
        Subtitles::WebVtt => text
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;"),
        Subtitles::SubRip => text.replace("-->", "→"),
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
    use super::*;

    #[test]
    fn a_file_of_each_kind() {
        let lines = [
            (1_300, 3_000, "Yes.".to_owned()),
            (500, 1_200, "Five < six & more.".to_owned()),
        ];
        assert_eq!(
            cues(Subtitles::WebVtt, &lines),
            "WEBVTT\n\n00:00:00.500 --> 00:00:02.167\nFive &lt; six &amp; more.\n\n\
             00:00:02.167 --> 00:00:03.167\nYes.\n",
            "five words need five thirds of a second"
        );
        assert_eq!(
            cues(Subtitles::SubRip, &lines[..1]),
            "1\n00:00:01,300 --> 00:00:03,000\nYes.\n"
        );
        assert_eq!(cues(Subtitles::WebVtt, &[]), "WEBVTT\n");
    }

    #[test]
    fn speakers_and_places_are_named() {
        let said = |speaker: &str, place, row: &str| Subtitle {
            speaker: speaker.to_owned(),
            place,
            cue: Cue {
                rows: vec![row.to_owned()],
                start_ms: 3_723_004,
                end_ms: 3_724_000,
            },
        };
        let cues = [
            said("Ana <b>", "", "one --> two"),
            said("Ana <b>", "line:0", "um"),
        ];
        let time = "01:02:03.004 --> 01:02:04.000";
        assert_eq!(
            subtitles(Subtitles::WebVtt, &cues),
            format!(
                "WEBVTT\n\n{time}\n<v Ana &lt;b&gt;>one --&gt; two\n\n{time} line:0\n\
                 <v Ana &lt;b&gt;>um\n"
            )
        );
        let time = time.replace('.', ",");
        assert_eq!(
            subtitles(Subtitles::SubRip, &cues),
            format!("1\n{time}\nAna <b>: one → two\n\n2\n{time}\num\n")
        );
    }

    #[test]
    fn long_lines_become_several_cues() {
        let line = (0, 60_000, "word ".repeat(40));
        let text = cues(Subtitles::WebVtt, &[line]);
        assert_eq!(text.matches("-->").count(), 3);
        assert!(text.lines().all(|row| row.chars().count() <= 37), "{text}");
        assert!(text.contains("--> 00:01:00.000"));
    }
}
