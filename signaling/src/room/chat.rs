//! Who may write how fast, and the numbers of chat lines.

use crate::limits::CHAT_CHARS_MAX;

/// Milliseconds are split into so many ids, one range per process.
const IDS_PER_MS: u64 = 1_024;

/// What somebody may still write, tap or ask for.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    burst: u32,
    refill_ms: u64,
    left: u32,
    since_ms: u64,
}

impl Bucket {
    /// So many at once, then one each so many milliseconds.
    pub(crate) fn new(now_ms: u64, burst: u32, refill_ms: u64) -> Bucket {
        Bucket {
            burst,
            refill_ms,
            left: burst,
            since_ms: now_ms,
        }
    }

    /// Takes as many of those wanted as are left.
    pub(crate) fn take(&mut self, now_ms: u64, wanted: u32) -> u32 {
        let refilled = now_ms.saturating_sub(self.since_ms) / self.refill_ms;
        if refilled > 0 {
            let sum = u64::from(self.left).saturating_add(refilled);
            self.left = u32::try_from(sum).unwrap_or(u32::MAX).min(self.burst);
            self.since_ms += refilled * self.refill_ms;
        }
        let taken = wanted.min(self.left);
        self.left -= taken;
        taken
    }
}

/// Ids that grow, fit a page's number (2^53), and differ between processes of one show: the
/// clock times 1,024 plus the process's salt.
#[derive(Debug)]
pub(super) struct Ids {
    salt: u64,
    last: u64,
}

impl Ids {
    pub(super) fn new(salt: u64) -> Ids {
        Ids {
            salt: salt % IDS_PER_MS,
            last: 0,
        }
    }

    pub(super) fn next(&mut self, now_ms: u64) -> u64 {
        let wished = now_ms * IDS_PER_MS + self.salt;
        let id = if wished > self.last {
            wished
        } else {
            self.last + IDS_PER_MS
        };
        self.last = id;
        id
    }
}

/// The line as it is shown: trimmed, without control characters; none when nothing is left or
/// it is too long.
pub(super) fn clean(text: &str) -> Option<String> {
    let text: String = text
        .trim()
        .chars()
        .filter(|c| !c.is_control() || *c == '\n')
        .collect();
    (1..=CHAT_CHARS_MAX)
        .contains(&text.chars().count())
        .then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_then_one_a_second() {
        let mut bucket = Bucket::new(0, 5, 1_000);
        assert_eq!(bucket.take(0, 3) + bucket.take(0, 3), 5);
        let late = [999, 1_000, 1_999].map(|now_ms| bucket.take(now_ms, 1));
        assert_eq!(late, [0, 1, 0]);
        assert_eq!(
            bucket.take(60_000, 9),
            5,
            "a long silence earns one burst, not more"
        );
    }

    #[test]
    fn ids_grow_and_differ_between_processes() {
        let (mut a, mut b) = (Ids::new(3), Ids::new(1_024 + 4));
        let ids = [
            a.next(10),
            b.next(10),
            a.next(10),
            b.next(10),
            a.next(9),
            a.next(11),
        ];
        assert_eq!(ids, [10_243, 10_244, 11_267, 11_268, 12_291, 13_315]);
        assert!(
            Ids::new(0).next(4_000_000_000_000) < 1 << 53,
            "good beyond the year 2090"
        );
    }

    #[test]
    fn lines_are_cleaned() {
        assert_eq!(clean("  hi\u{7}\n "), Some("hi".into()));
        assert_eq!(clean(" \n "), None);
        assert_eq!(clean(&"x".repeat(501)), None);
    }
}
