//! What a reader sees of a translation while its line is still being spoken. A translator reads
//! the sentence so far and may turn all of it round with each new word; a reader is shown only
//! what two translations in a row agree on, so that the row grows and does not jump. The final
//! replaces it whole.

/// The translation of one line into one language, as it grows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Steady {
    /// The newest translation, whole.
    newest: String,
    /// How many bytes of it are shown.
    shown: usize,
}

impl Steady {
    /// Takes the translation of the line so far. Returns what is to be shown when that is more
    /// than was shown before.
    pub(crate) fn grow(&mut self, text: String) -> Option<&str> {
        let agreed = agreed(&self.newest, &text);
        // A translation that begins otherwise leaves what is shown standing until the final.
        let is_more = agreed > self.shown;
        if agreed >= self.shown {
            self.newest = text;
        }
        if is_more {
            self.shown = agreed;
        }
        is_more.then(|| self.newest[..self.shown].trim_end())
    }
}

/// Bytes of whole words that both begin with.
fn agreed(old: &str, new: &str) -> usize {
    let same = old.chars().zip(new.chars()).take_while(|(a, b)| a == b);
    let same: usize = same.map(|(c, _)| c.len_utf8()).sum();
    let is_whole = |text: &str| {
        let inside = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() && !is_unspaced(c));
        // A price goes on after its point.
        let no_point = |c: &char| !['.', ','].contains(c);
        let mut before = text[..same].chars().rev();
        let before = before.next().filter(no_point).or_else(|| before.next());
        let mut after = text[same..].chars();
        let after = after.next().filter(no_point).or_else(|| after.next());
        !(inside(before) && inside(after))
    };
    if is_whole(old) && is_whole(new) {
        return same;
    }
    let before = &new[..same];
    let word = before
        .char_indices()
        .rev()
        .take_while(|(_, c)| !c.is_whitespace() && !is_unspaced(*c));
    word.last().map_or(same, |(at, _)| at)
}

/// Characters of scripts that write words without spaces between them.
fn is_unspaced(c: char) -> bool {
    matches!(c, '\u{0e00}'..='\u{0eff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}'
        | '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{ff00}'..='\u{ffef}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_row_grows_by_what_two_translations_agree_on() {
        let mut steady = Steady::default();
        assert_eq!(steady.grow("A lâmpada".into()), None, "heard once");
        assert_eq!(steady.grow("A lâmpada custa".into()), Some("A lâmpada"));
        let turned = "Essa lâmpada custa vinte";
        assert_eq!(steady.grow(turned.into()), None, "it would jump");
        assert_eq!(
            steady.grow("A lâmpada custa vinte".into()),
            Some("A lâmpada custa")
        );
        assert_eq!(
            steady.grow("A lâmpada custa vinte".into()),
            Some("A lâmpada custa vinte")
        );
        assert_eq!(
            steady.grow("A lâmpada custa vinte".into()),
            None,
            "nothing new"
        );
    }

    #[test]
    fn half_a_word_is_not_shown_and_chinese_has_no_half_words() {
        let check = |old: &str, new: &str, expected: &str| {
            assert_eq!(&new[..agreed(old, new)], expected, "`{old}` `{new}`");
        };
        check("uma lâmp", "uma lâmpada", "uma ");
        check("uma luz, bem", "uma luz. Bem", "uma luz");
        check("这款台", "这款台灯", "这款台");
        check("costs $19", "costs $19.99", "costs ");
        check("costs $19.50 now", "costs $19.99 now", "costs ");
        check("", "anything", "");
    }

    proptest! {
        #[test]
        fn what_is_shown_only_grows(texts in prop::collection::vec("[ab, é中]{0,12}", 1..12)) {
            let mut steady = Steady::default();
            let mut shown = String::new();
            for text in texts {
                if let Some(next) = steady.grow(text) {
                    prop_assert!(next.starts_with(&shown), "`{}` after `{}`", next, shown);
                    shown = next.to_owned();
                }
            }
        }
    }
}
