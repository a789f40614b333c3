//! The marks and letters of a line as a printer would set them, character for character: capitals
//! where sentences begin, and full-width marks after Chinese and Japanese characters. Recognisers
//! leave both to chance. No character is added or left out, so what stays of a partial stays.

use crate::lines::closes_sentence;

/// Marks and their full-width forms.
const WIDE: [(char, char); 6] = [
    (',', '，'),
    ('.', '。'),
    ('?', '？'),
    ('!', '！'),
    (':', '：'),
    (';', '；'),
];

/// Sets the lines of one speaker.
#[derive(Debug)]
pub(crate) struct Typesetter {
    /// The next line begins a sentence.
    begins: bool,
}

impl Default for Typesetter {
    fn default() -> Typesetter {
        Typesetter { begins: true }
    }
}

impl Typesetter {
    /// Sets a line as far as it is known.
    pub(crate) fn set(&self, text: &str) -> String {
        let mut set = widened(text);
        if self.begins {
            capitalise(&mut set);
        }
        set
    }

    /// Takes a line that will not change any more, as it was set.
    pub(crate) fn finished(&mut self, text: &str) {
        if !text.is_empty() {
            self.begins = closes_sentence(text);
        }
    }
}

fn widened(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let set = |(i, &c): (usize, &char)| {
        let before = i.checked_sub(1).map(|i| chars[i]);
        // Between figures a mark belongs to the number: 1,299 or 19.99.
        let is_figure = |c: Option<&char>| c.is_some_and(char::is_ascii_digit);
        let in_number = is_figure(before.as_ref()) && is_figure(chars.get(i + 1));
        let wide = WIDE.iter().find(|(narrow, _)| *narrow == c);
        match wide {
            Some((_, wide)) if before.is_some_and(is_wide) && !in_number => *wide,
            _ => c,
        }
    };
    chars.iter().enumerate().map(set).collect()
}

/// Han, kana, or a mark of theirs.
fn is_wide(c: char) -> bool {
    matches!(c, '\u{3001}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}'
        | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3fffd}')
}

/// Makes the first letter a capital, unless its word has one of its own: `iPhone`.
fn capitalise(text: &mut String) {
    let opening = |c: &char| !c.is_alphanumeric();
    let at: usize = text.chars().take_while(opening).map(char::len_utf8).sum();
    let mut rest = text[at..].chars();
    let Some(first) = rest.next().filter(|c| c.is_lowercase()) else {
        return;
    };
    let has_own = rest
        .take_while(|c| c.is_alphanumeric())
        .any(char::is_uppercase);
    let mut upper = first.to_uppercase();
    if let (false, Some(upper), None) = (has_own, upper.next(), upper.next()) {
        text.replace_range(at..at + first.len_utf8(), upper.encode_utf8(&mut [0; 4]));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn sentences_begin_with_a_capital_and_go_on_without() {
        let mut setter = Typesetter::default();
        for (heard, set) in [
            ("welcome to the show,", "Welcome to the show,"),
            ("where everything is new.", "where everything is new."),
            (
                "\u{201c}ótimo\u{201d}, she said.",
                "\u{201c}Ótimo\u{201d}, she said.",
            ),
            ("iPhone cases next!", "iPhone cases next!"),
            ("12 pieces from Dr.", "12 pieces from Dr."),
            ("quilter", "quilter"),
        ] {
            let found = setter.set(heard);
            assert_eq!(found, set);
            setter.finished(&found);
        }
    }

    #[test]
    fn marks_between_wide_characters_are_wide_and_prices_stay() {
        let setter = Typesetter { begins: true };
        for (heard, set) in [
            ("今天打折,只要19.99元.", "今天打折，只要19.99元。"),
            ("好吗?好!", "好吗？好！"),
            ("一共1,299元", "一共1,299元"),
            ("Hello, world.", "Hello, world."),
        ] {
            assert_eq!(setter.set(heard), set);
        }
    }

    proptest! {
        #[test]
        fn no_character_comes_or_goes(text in "[a-zA-Zßé中,. 1!\"]{0,30}") {
            let set = Typesetter::default().set(&text);
            prop_assert_eq!(set.chars().count(), text.chars().count());
            let low = |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
            prop_assert_eq!(low(&set), low(&text));
        }
    }
}
