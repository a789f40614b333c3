//! What Whisper makes up: loops, words for silence, film credits. All rules need evidence from
//! the voice detector or from the recogniser's own doubt before they drop real words.

use crate::agree::key;
use crate::ports::{Hypothesis, Word};
use crate::words::join_hundreds;

/// Longest loop looked for: a recogniser that is given a whole sentence may say the end of it again.
const LOOP_WORDS_MAX: usize = 16;
/// A loop of this many words is one already when said twice.
const LOOP_WORDS_SURE: usize = 4;
/// A single number or character may be said this often: codes, telephone numbers, laughter.
const SAME_UNIT_MAX: usize = 6;

/// Both beyond their bound: Whisper's own test for silence.
const NO_SPEECH: f32 = 0.6;
const DOUBT_LOGPROB: f32 = -1.0;
/// Alone beyond this it is guesswork.
const GUESS_LOGPROB: f32 = -1.6;
/// A phantom is believed when more than this was voiced for every word of it …
const PHANTOM_VOICED_MS_PER_WORD: u64 = 180;
/// … and the recogniser did not doubt it.
const PHANTOM_NO_SPEECH: f32 = 0.25;
const PHANTOM_LOGPROB: f32 = -0.5;

/// Nobody speaks more units than this in a voiced second; Mandarin reaches six characters.
const UNITS_PER_SECOND_MAX: u64 = 12;

/// What Whisper says when nobody speaks: endings of the videos it learnt from. Keys, joined.
const PHANTOMS: &[&str] = &[
    "you",
    "thankyou",
    "thanks",
    "thankyouforwatching",
    "thanksforwatching",
    "bye",
    "byebye",
    "thankyousomuch",
    "thankyouverymuch",
    "pleasesubscribe",
    "okay",
    "oh",
    "so",
    "hmm",
    "the",
    "obrigado",
    "obrigada",
    "tchau",
    "gracias",
    "graciasporverelvideo",
    "merci",
    "grazie",
    "grazieatutti",
    "danke",
    "vielendank",
    "谢谢",
    "謝謝",
    "谢谢观看",
    "謝謝觀看",
    "谢谢大家",
    "ご視聴ありがとうございました",
    "ありがとうございました",
    "감사합니다",
    "시청해주셔서감사합니다",
];

/// Credits nobody speaks aloud on a live show; dropped wherever they are a whole hypothesis.
const CREDITS: &[&str] = &[
    "amaraorg",
    "subtitlesby",
    "subtitulosrealizados",
    "subtítulosrealizados",
    "legendaspela",
    "soustitresréalisés",
    "soustitrage",
    "sottotitoli",
    "untertitel",
    "untertitelung",
    "字幕",
    "請不吝點贊",
    "请不吝点赞",
    "明镜与点点",
    "明鏡與點點",
];

/// Cleans a hypothesis for audio of which `voiced_ms` were voiced.
#[must_use]
pub(crate) fn clean(hypothesis: Hypothesis, voiced_ms: u64) -> Vec<Word> {
    if is_silence(&hypothesis, voiced_ms) {
        return Vec::new();
    }
    let mut words = without_annotations(hypothesis.words);
    cut_loop(&mut words);
    join_hundreds(&mut words);
    let most = UNITS_PER_SECOND_MAX * (voiced_ms + 1_000) / 1_000;
    if words.len() as u64 > most {
        Vec::new()
    } else {
        words
    }
}

fn is_silence(heard: &Hypothesis, voiced_ms: u64) -> bool {
    let doubted = heard.no_speech > NO_SPEECH && heard.mean_logprob < DOUBT_LOGPROB;
    if doubted || heard.mean_logprob < GUESS_LOGPROB {
        return true;
    }
    let said: String = heard.words.iter().map(|word| key(&word.text)).collect();
    if CREDITS.iter().any(|credit| said.starts_with(credit)) && heard.words.len() < 16 {
        return true;
    }
    let believed = voiced_ms >= PHANTOM_VOICED_MS_PER_WORD * heard.words.len().min(8) as u64
        && heard.no_speech < PHANTOM_NO_SPEECH
        && heard.mean_logprob > PHANTOM_LOGPROB;
    !believed && PHANTOMS.contains(&said.as_str())
}

/// Leaves out `[Music]`, `(applause)`, `*laughs*`, notes and dashes that stand alone.
fn without_annotations(words: Vec<Word>) -> Vec<Word> {
    let mut open: Option<char> = None;
    let mut kept: Vec<Word> = Vec::with_capacity(words.len());
    for word in words {
        let first = word.text.chars().next();
        let closing = |c| match c {
            '[' => Some(']'),
            '(' | '（' => Some(if c == '(' { ')' } else { '）' }),
            '【' => Some('】'),
            '*' => Some('*'),
            '♪' => Some('♪'),
            _ => None,
        };
        let ends = |close: char| word.text.trim_end_matches(['.', ',']).ends_with(close);
        if let Some(close) = open {
            if ends(close) {
                open = None;
            }
            continue;
        }
        if let Some(close) = first.and_then(closing) {
            let alone = word.text.chars().count() > 1 && ends(close);
            open = (!alone).then_some(close);
            continue;
        }
        if key(&word.text).is_empty() {
            if let Some(last) = kept.last_mut().filter(|_| !word.spaced) {
                last.text.push_str(&word.text);
            }
            continue;
        }
        kept.push(word);
    }
    kept
}

/// Truncates at the first loop, keeping one round of it.
pub(crate) fn cut_loop(words: &mut Vec<Word>) {
    let keys: Vec<String> = words.iter().map(|word| key(&word.text)).collect();
    if let Some(end) = (0..keys.len()).find_map(|start| loop_end(&keys, start)) {
        words.truncate(end);
    }
}

/// Where to cut when a loop starts at `start`.
fn loop_end(keys: &[String], start: usize) -> Option<usize> {
    let rest = &keys[start..];
    (1..=LOOP_WORDS_MAX.min(rest.len() / 2)).find_map(|length| {
        let rounds = rest
            .chunks_exact(length)
            .take_while(|round| *round == &rest[..length]);
        let same_unit = length == 1 && (is_number(&rest[0]) || rest[0].chars().count() == 1);
        let needed = match length {
            1 if same_unit => SAME_UNIT_MAX + 1,
            LOOP_WORDS_SURE.. if rest[..length].iter().any(|key| key.chars().count() > 1) => 2,
            _ => 3,
        };
        (rounds.count() >= needed).then_some(start + length)
    })
}

fn is_number(key: &str) -> bool {
    const SPOKEN: [&str; 11] = [
        "zero", "oh", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    ];
    key.chars().all(|c| c.is_ascii_digit()) || SPOKEN.contains(&key)
}

#[cfg(test)]
mod tests {
    use super::{clean, cut_loop};
    use crate::agree::join;
    use crate::ports::{Hypothesis, Word};

    fn words(text: &str) -> Vec<Word> {
        let word = |text: &str| Word {
            text: text.to_owned(),
            spaced: true,
            start_ms: 0,
            end_ms: 0,
            probability: 1.0,
        };
        text.split(' ')
            .filter(|text| !text.is_empty())
            .map(word)
            .collect()
    }

    fn heard(text: &str, no_speech: f32, mean_logprob: f32) -> Hypothesis {
        Hypothesis {
            words: words(text),
            no_speech,
            mean_logprob,
        }
    }

    #[test]
    fn loops_are_cut_after_one_round() {
        let cases = [
            ("bye bye bye bye", "bye"),
            (
                "we like to move it move it today",
                "we like to move it move it today",
            ),
            (
                "it is a very good one it is a very good one and",
                "it is a very good one",
            ),
            ("so go on go on go on go on", "so go on"),
            (
                "from all the arts and crafts shown in the exhibition. All the arts and crafts shown in the exhibition,",
                "from all the arts and crafts shown in the exhibition.",
            ),
            (
                "my number is five five five two",
                "my number is five five five two",
            ),
            ("no no it is not", "no no it is not"),
        ];
        for (said, expected) in cases {
            let mut words = words(said);
            cut_loop(&mut words);
            assert_eq!(join(&words), expected);
        }
    }

    #[test]
    fn phantoms_need_a_voice() {
        let text = |hypothesis, voiced_ms| join(&clean(hypothesis, voiced_ms));
        assert_eq!(text(heard("Thank you.", 0.05, -0.2), 700), "Thank you.");
        assert_eq!(text(heard("Thank you.", 0.05, -0.2), 150), "");
        assert_eq!(text(heard("Thank you.", 0.5, -0.2), 700), "");
        assert_eq!(
            text(heard("Thank you Maria.", 0.3, -0.6), 700),
            "Thank you Maria."
        );
        assert_eq!(
            text(
                heard("Subtitles by the Amara.org community", 0.0, -0.1),
                3_000
            ),
            ""
        );
    }

    #[test]
    fn silence_and_guesswork_are_dropped() {
        assert!(clean(heard("hello there", 0.9, -1.2), 900).is_empty());
        assert!(clean(heard("hello there", 0.1, -1.9), 900).is_empty());
        assert_eq!(clean(heard("hello there", 0.9, -0.3), 900).len(), 2);
    }

    #[test]
    fn more_words_than_anybody_says_in_that_time_are_made_up() {
        let many: Vec<String> = (0..30).map(|n| format!("w{n}")).collect();
        let many = heard(&many.join(" "), 0.0, -0.1);
        assert!(
            clean(many.clone(), 1_000).is_empty(),
            "30 words in two seconds"
        );
        assert_eq!(clean(many, 2_000).len(), 30);
    }

    #[test]
    fn annotations_are_not_speech() {
        let cases = [
            ("[Music]", ""),
            ("[ Background noise ] hello", "hello"),
            ("(applause) well done", "well done"),
            ("♪ la la ♪ welcome", "welcome"),
            ("- yes", "yes"),
        ];
        for (said, expected) in cases {
            assert_eq!(
                join(&clean(heard(said, 0.0, -0.1), 2_000)),
                expected,
                "`{said}`"
            );
        }
    }
}
