//! The laws of presentation: no row too long, nothing lost, order kept, time monotone, nothing too
//! short or too fast, nothing late without need.

use proptest::prelude::*;

use super::*;

fn check(text: &str, expected: &[&str]) {
    assert_eq!(rows(text), expected);
}

#[test]
fn rows_break_as_each_script_does() {
    check(
        "Welcome back, this lamp is nineteen ninety-nine today only.",
        &[
            "Welcome back, this lamp is nineteen",
            "ninety-nine today only.",
        ],
    );
    // No row begins with a closing mark or a small kana (kinsoku).
    check(
        "富士康在印度工廠出現大規模的感染情況，目前工廠產量",
        &["富士康在印度工廠出現大規模的感染情", "況，目前工廠產量"],
    );
    check(
        "これはとてもきれいなランプですねえっちょ",
        &["これはとてもきれいなランプですねえっ", "ちょ"],
    );
    check(
        "السعر اليوم تسعة عشر يورو فقط لهذا المصباح الجميل",
        &["السعر اليوم تسعة عشر يورو فقط لهذا", "المصباح الجميل"],
    );
    // Thai puts no spaces between words: a dictionary or model finds them.
    let thai = "สินค้าชิ้นนี้ราคาพิเศษวันนี้เท่านั้นสำหรับลูกค้าทุกท่านที่กำลังชมการถ่ายทอดสดกับเรา";
    let thai = rows(thai);
    assert!(thai.len() == 2 && !thai[1].starts_with('้'), "{thai:?}");
    // What has no place to break is broken between characters, never inside one.
    let family = "👩‍👩‍👧".repeat(30);
    assert!(rows(&family).iter().all(|row| row.ends_with("👩‍👩‍👧")));
    check("", &[]);
    check(" \n ", &[]);
}

#[test]
fn a_slow_line_stays_while_it_is_spoken_and_a_fast_one_until_it_is_read() {
    let mut presenter = Presenter::default();
    let slow = presenter.take("Hello there.", 10_000, 14_000);
    assert_eq!((slow[0].start_ms, slow[0].end_ms), (10_000, 14_000));
    let short = presenter.take("Yes.", 14_100, 14_300);
    assert_eq!((short[0].start_ms, short[0].end_ms), (14_100, 15_100));
    let next = presenter.take("No.", 14_400, 14_600);
    assert_eq!(next[0].start_ms, 15_100, "a second for the one before");
}

#[test]
fn a_preview_moves_nothing() {
    let mut presenter = Presenter::default();
    let preview = presenter.preview("Hello there", 0, 1_000);
    assert_eq!(presenter.take("Hello there", 0, 1_000), preview);
    let after = presenter.preview("again", 0, 1);
    assert_eq!(after[0].start_ms, STAY_MS_MIN);
}

/// Words of many scripts, some without spaces, some too long for a row.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[a-zA-Z]{1,12}[,.!?]?",
        "[a-z]{30,90}",
        "[\u{4e00}-\u{4fff}。，！「」]{1,30}",
        "[\u{3041}-\u{3096}ー、。]{1,20}",
        "[\u{ac00}-\u{acff}]{1,8}",
        "[\u{0627}-\u{064a}]{1,10}",
        "[\u{05d0}-\u{05ea}]{1,10}",
        "[\u{0e01}-\u{0e2e}\u{0e30}-\u{0e3a}]{1,40}",
        "[0-9]{1,3}[.,][0-9]{2} ?€?",
        "\\PC{0,12}",
    ];
    prop::collection::vec(word, 0..14).prop_map(|words| words.join(" "))
}

fn bare(text: &str) -> String {
    text.split_whitespace().collect()
}

proptest! {
    #[test]
    fn rows_are_short_and_lose_nothing(text in text()) {
        let rows = rows(&text);
        for row in &rows {
            // One character alone may be wider than any row.
            let is_one = icu_segmenter::GraphemeClusterSegmenter::new().segment_str(row).count() == 2;
            prop_assert!(columns(row) <= COLUMNS_MAX || is_one, "{row}");
            prop_assert!(!row.is_empty() && row.trim() == row);
        }
        prop_assert_eq!(bare(&rows.concat()), bare(&text));
    }

    #[test]
    fn words_keep_their_row_while_others_follow(
        words in prop::collection::vec("[a-z]{1,12}|[\u{0627}-\u{064a}]{1,9}", 1..30),
        cut in any::<prop::sample::Index>(),
    ) {
        let whole = rows(&words.join(" "));
        let part = rows(&words[..=cut.index(words.len())].join(" "));
        let (last, before) = part.split_last().expect("a word makes a row");
        prop_assert_eq!(before, &whole[..before.len()]);
        prop_assert!(whole[before.len()].starts_with(last.as_str()));
    }

    #[test]
    fn cues_can_be_followed(
        lines in prop::collection::vec((text(), 0u64..6_000, 0u64..4_000), 1..20),
    ) {
        let mut presenter = Presenter::default();
        let (mut cues, mut spoken, mut at_ms, mut said) = (Vec::new(), Vec::new(), 0, String::new());
        for (text, length_ms, pause_ms) in lines {
            let end_ms = at_ms + length_ms;
            spoken.extend(cut(&text, at_ms, end_ms).iter().map(|cue| cue.start_ms));
            cues.extend(presenter.take(&text, at_ms, end_ms));
            said.push_str(&text);
            at_ms = end_ms + pause_ms;
        }
        clear(cues.iter_mut());
        let shown: String = cues.iter().flat_map(|cue| cue.rows.iter().map(String::as_str)).collect();
        prop_assert_eq!(bare(&shown), bare(&said), "nothing is lost, in order");
        for (i, cue) in cues.iter().enumerate() {
            prop_assert!((1..=ROWS_MAX).contains(&cue.rows.len()));
            prop_assert!(cue.start_ms >= spoken[i], "before it was said");
            prop_assert!(cue.end_ms >= cue.start_ms + STAY_MS_MIN, "too short: {cue:?}");
            let Some(next) = cues.get(i + 1) else { continue };
            prop_assert!(cue.end_ms <= next.start_ms, "{cue:?} {next:?}");
            let slot_ms = next.start_ms - cue.start_ms;
            let late_ms = next.start_ms - spoken[i + 1];
            prop_assert!(slot_ms >= cue.reading_ms() || late_ms >= DRIFT_MS_MAX, "too fast: {cue:?}");
            prop_assert!(late_ms <= DRIFT_MS_MAX || slot_ms == STAY_MS_MIN, "late without need");
        }
    }
}
