//! A show as an entry of the visitor's own calendar (RFC 5545): the reminder needs no account.

use time::macros::format_description;

/// Octets in a line before it is folded (RFC 5545 §3.1).
const LINE_OCTETS_MAX: usize = 75;

/// One show, an hour long as nobody knows better, with an alarm ten minutes before. The same
/// show at another time replaces the entry: its UID is the show's page.
#[must_use]
pub fn entry(title: &str, url: &str, starts_ms: u64, now_ms: u64) -> String {
    let title = escaped(title);
    let lines = [
        "BEGIN:VCALENDAR".to_owned(),
        "VERSION:2.0".to_owned(),
        "PRODID:-//Vitrine//EN".to_owned(),
        "METHOD:PUBLISH".to_owned(),
        "BEGIN:VEVENT".to_owned(),
        format!("UID:{url}"),
        format!("DTSTAMP:{}", utc(now_ms)),
        // Whoever has the entry takes the newer one.
        format!("SEQUENCE:{}", now_ms / 60_000),
        format!("DTSTART:{}", utc(starts_ms)),
        "DURATION:PT1H".to_owned(),
        format!("SUMMARY:{title}"),
        format!("URL:{url}"),
        "BEGIN:VALARM".to_owned(),
        "ACTION:DISPLAY".to_owned(),
        format!("DESCRIPTION:{title}"),
        "TRIGGER:-PT10M".to_owned(),
        "END:VALARM".to_owned(),
        "END:VEVENT".to_owned(),
        "END:VCALENDAR".to_owned(),
    ];
    lines.iter().map(|line| folded(line)).collect()
}

fn utc(ms: u64) -> String {
    let seconds = i64::try_from(ms / 1_000).unwrap_or(i64::MAX);
    let at = time::OffsetDateTime::from_unix_timestamp(seconds);
    let at = at.unwrap_or(time::OffsetDateTime::UNIX_EPOCH);
    let form = format_description!("[year][month][day]T[hour][minute][second]Z");
    at.format(&form).expect("every date has these parts")
}

/// A TEXT value (RFC 5545 §3.3.11); other control characters have no place in one.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// A content line with its end, broken where a character ends.
fn folded(line: &str) -> String {
    let (mut out, mut octets) = (String::with_capacity(line.len() + 4), 0);
    for c in line.chars() {
        if octets + c.len_utf8() > LINE_OCTETS_MAX {
            out.push_str("\r\n ");
            octets = 1;
        }
        out.push(c);
        octets += c.len_utf8();
    }
    out + "\r\n"
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn an_entry_has_its_time_in_utc_and_an_alarm() {
        let file = entry(
            "Bags, new; \\o/",
            "https://shop.example/s/bags",
            1_798_761_600_000,
            60_000,
        );
        for line in [
            "UID:https://shop.example/s/bags",
            "DTSTAMP:19700101T000100Z",
            "DTSTART:20270101T000000Z",
            "SUMMARY:Bags\\, new\\; \\\\o/",
            "TRIGGER:-PT10M",
        ] {
            assert!(
                file.split("\r\n").any(|found| found == line),
                "{line} in\n{file}"
            );
        }
        assert!(file.starts_with("BEGIN:VCALENDAR\r\n") && file.ends_with("END:VCALENDAR\r\n"));
    }

    proptest! {
        #[test]
        fn no_title_breaks_out_of_its_line(title in "\\PC{0,200}|[\r\n\t;,\\\\é漢]{0,200}") {
            let file = entry(&title, "https://shop.example/s/bags", 0, 0);
            let plain = entry("", "https://shop.example/s/bags", 0, 0);
            prop_assert!(file.split("\r\n").all(|line| line.len() <= LINE_OCTETS_MAX));
            let unfolded = file.replace("\r\n ", "");
            prop_assert_eq!(unfolded.lines().count(), plain.lines().count());
            let summary = unfolded.split("\r\n").find_map(|line| line.strip_prefix("SUMMARY:"));
            let wanted = escaped(&title);
            prop_assert_eq!(summary, Some(wanted.as_str()));
        }
    }
}
