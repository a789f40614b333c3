//! How alike two words sound, by rough rules for Latin letters: a recogniser that misses a name
//! writes words that sound like it. Pure.

/// The sounds of a text, one letter each: vowels `aeiou`; `C` as in chair, `S` as in shop, `T` as in
/// thin; the rest as in English. Other scripts have none.
#[must_use]
pub(crate) fn sounds(text: &str) -> Vec<char> {
    let letters: Vec<char> = text
        .chars()
        .flat_map(char::to_lowercase)
        .map(plain)
        .collect();
    let mut heard: Vec<char> = Vec::new();
    let mut rest = letters.as_slice();
    while let [letter, after @ ..] = rest {
        let (next, behind) = (after.first().copied(), after.get(1).copied());
        let is_soft = next.is_some_and(|next| "eiy".contains(next));
        let (found, used): (&[char], usize) = match (*letter, next) {
            ('c', Some('h')) => (&['C'], 2),
            ('s', Some('h')) => (&['S'], 2),
            ('t', Some('h')) => (&['T'], 2),
            ('p', Some('h')) => (&['f'], 2),
            ('w', Some('h')) => (&['w'], 2),
            ('q', Some('u')) => (&['k', 'w'], 2),
            ('g', Some('h')) => (&[], 2),
            ('x', _) => (&['k', 's'], 1),
            ('c', _) if is_soft => (&['s'], 1),
            ('c' | 'q', _) => (&['k'], 1),
            ('y', _) if !next.is_some_and(is_vowel) => (&['i'], 1),
            // Silent at the end of an English word.
            ('e', None | Some(' ')) if heard.last().is_some_and(|last| !is_vowel(*last)) => {
                (&[], 1)
            }
            ('s', Some('c')) if behind.is_some_and(|behind| "eiy".contains(behind)) => (&['s'], 2),
            (letter, _) if letter.is_ascii_lowercase() => (std::slice::from_ref(&rest[0]), 1),
            _ => (&[], 1),
        };
        for sound in found {
            if heard.last() != Some(sound) {
                heard.push(*sound);
            }
        }
        rest = &rest[used..];
    }
    heard
}

/// A letter without its marks.
fn plain(letter: char) -> char {
    match letter {
        'à'..='å' => 'a',
        'ç' => 's',
        'è'..='ë' => 'e',
        'ì'..='ï' => 'i',
        'ñ' => 'n',
        'ò'..='ö' | 'ø' => 'o',
        'ù'..='ü' => 'u',
        'ý' | 'ÿ' => 'y',
        'ß' => 's',
        other => other,
    }
}

/// From 1, the same, to 0 and below, nothing in common: what it takes to turn `heard` into `meant`,
/// as a share of saying `meant`.
#[must_use]
pub(crate) fn alike(heard: &[char], meant: &[char]) -> f32 {
    let whole: f32 = meant.iter().map(|sound| weight(*sound)).sum();
    let mut row: Vec<f32> = vec![0.0];
    for sound in meant {
        row.push(row[row.len() - 1] + weight(*sound));
    }
    for sound in heard {
        let mut diagonal = row[0];
        row[0] += weight(*sound);
        for (at, other) in meant.iter().enumerate() {
            let replaced = diagonal + difference(*sound, *other);
            diagonal = row[at + 1];
            row[at + 1] = replaced
                .min(row[at] + weight(*other))
                .min(diagonal + weight(*sound));
        }
    }
    1.0 - row[meant.len()] / whole.max(f32::MIN_POSITIVE)
}

fn is_vowel(sound: char) -> bool {
    "aeiou".contains(sound)
}

/// What a sound is worth that was left out or made up.
fn weight(sound: char) -> f32 {
    match sound {
        sound if is_vowel(sound) => 0.4,
        'h' | 'w' | 'y' => 0.4,
        'r' => 0.6,
        _ => 0.8,
    }
}

/// Sounds that are taken for each other.
const NEAR: [&str; 15] = [
    "pb", "fv", "bv", "tdT", "szS", "CjS", "Ck", "kg", "mn", "lr", "rw", "lw", "wuo", "yi", "jy",
];

fn difference(a: char, b: char) -> f32 {
    if a == b {
        0.0
    } else if is_vowel(a) && is_vowel(b) {
        0.2
    } else if NEAR.iter().any(|near| near.contains(a) && near.contains(b)) {
        0.3
    } else {
        1.0
    }
}

#[cfg(test)]
mod tests {
    use super::{alike, sounds};

    fn text(text: &str) -> String {
        sounds(text).into_iter().collect()
    }

    #[test]
    fn letters_become_sounds() {
        assert_eq!(text("Quilla"), "kwila");
        assert_eq!(text("Sienna"), "siena");
        assert_eq!(text("Château"), "Cateau");
        assert_eq!(text("scent, suede"), "sentsued");
        assert_eq!(text("茶"), "");
    }

    #[test]
    fn what_a_recogniser_writes_for_a_name_sounds_like_it() {
        let close = |heard: &str, meant: &str| alike(&sounds(heard), &sounds(meant));
        for (heard, meant) in [
            ("Kastral", "Kestrel"),
            ("bell or", "Velora"),
            ("tans and", "Tamsin"),
            ("Mocha", "Mokka"),
            ("lumen of", "Lumina"),
            ("Metana", "Medina"),
            ("FJ-Word", "Fjord"),
        ] {
            assert!(
                close(heard, meant) > 0.6,
                "{heard} for {meant}: {}",
                close(heard, meant)
            );
        }
        for (heard, meant) in [
            ("table", "Velora"),
            ("winter", "Kestrel"),
            ("we have", "Mokka"),
        ] {
            assert!(
                close(heard, meant) < 0.45,
                "{heard} for {meant}: {}",
                close(heard, meant)
            );
        }
    }
}
