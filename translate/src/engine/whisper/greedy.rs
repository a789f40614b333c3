//! Whisper's decoding rules at temperature zero, as in whisper.cpp's `whisper_full`: which tokens
//! may come next, which of them comes, and when it was said.

use crate::words::Piece;

/// Encoder positions, and so time stamps, are this far apart.
pub(super) const POSITION_MS: u32 = 20;
/// The first word cannot begin later than this, in positions.
const FIRST_TIME_MAX: usize = 50;
/// A time stamp that was not chosen is believed as a time from these shares on: of the likeliest
/// among all time stamps, and of all time stamps among all tokens.
const TIME_SHARE: f32 = 0.01;

/// Where the kinds of tokens begin in a model's vocabulary: text, end, names of tasks and
/// languages, time stamps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Layout {
    /// End of text; all before it is text.
    pub(super) end: usize,
    /// The time stamp of zero; all from it on are time stamps.
    pub(super) zero: usize,
    /// A space alone, if there is one.
    pub(super) blank: Option<usize>,
}

/// A token that came.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Token {
    /// Its number.
    pub(super) id: usize,
    /// Its share among all that were allowed.
    pub(super) probability: f32,
    /// The logarithm of that.
    pub(super) logprob: f32,
    /// The likeliest time stamp here, in positions, when it is believed.
    pub(super) time: Option<usize>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text,
    Time,
}

/// What came so far, as far as the rules need it.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    layout: Layout,
    last: Option<Kind>,
    before: Option<Kind>,
    /// Time stamps do not go back.
    earliest: usize,
}

impl Rules {
    /// Before the first token.
    #[must_use]
    pub(super) fn new(layout: Layout) -> Rules {
        Rules {
            layout,
            last: None,
            before: None,
            earliest: 0,
        }
    }

    /// Takes a token that was given.
    pub(super) fn take(&mut self, id: usize) {
        let kind = if id >= self.layout.zero {
            self.earliest = id - self.layout.zero;
            Kind::Time
        } else {
            Kind::Text
        };
        self.before = self.last.replace(kind);
    }

    /// The token that comes by these logits, or the `wished` one; it is taken.
    pub(super) fn choose(&mut self, logits: &[f32], wished: Option<usize>) -> Token {
        let Layout { end, zero, .. } = self.layout;
        let in_pair = self.last == Some(Kind::Time);
        // A time stamp comes alone only at the very start; later they close and open.
        let pair_closed = in_pair && self.before != Some(Kind::Text);
        let text = if in_pair && !pair_closed {
            end..end + 1
        } else {
            0..end + 1
        };
        let latest = if self.last.is_none() {
            zero + FIRST_TIME_MAX + 1
        } else {
            logits.len()
        };
        let times = if pair_closed {
            zero..zero
        } else {
            zero + self.earliest..latest.min(logits.len())
        };
        let barred =
            |id: usize| self.last.is_none() && (id == end || Some(id) == self.layout.blank);

        let allowed_text = || text.clone().filter(|id| !barred(*id));
        let best = |ids: &mut dyn Iterator<Item = usize>| {
            ids.max_by(|a, b| logits[*a].total_cmp(&logits[*b]))
        };
        let (best_text, best_time) = (best(&mut allowed_text()), best(&mut times.clone()));
        let highest = best_text
            .into_iter()
            .chain(best_time)
            .map(|id| logits[id])
            .fold(f32::MIN, f32::max);
        let mass = |ids: &mut dyn Iterator<Item = usize>| {
            ids.map(|id| (logits[id] - highest).exp()).sum::<f32>()
        };
        let (text_mass, time_mass) = (mass(&mut allowed_text()), mass(&mut times.clone()));
        let share = |id: usize| (logits[id] - highest).exp() / (text_mass + time_mass);

        let times_win = best_text.is_none_or(|text| time_mass > (logits[text] - highest).exp());
        let id = if times_win { best_time } else { best_text };
        let id = wished.or(id).or(best_text).unwrap_or(end);
        let likeliest = best_time.filter(|time| {
            let among_times = (logits[*time] - highest).exp() / time_mass.max(f32::MIN_POSITIVE);
            among_times > TIME_SHARE && time_mass / (text_mass + time_mass) > TIME_SHARE
        });
        self.take(id);
        let probability = share(id);
        Token {
            id,
            probability,
            logprob: probability.max(f32::MIN_POSITIVE).ln(),
            time: if id >= zero {
                Some(id - zero)
            } else {
                likeliest.map(|time| time - zero)
            },
        }
    }
}

/// A token of text on its way to a word.
struct Sounding {
    bytes: Vec<u8>,
    probability: f32,
    start: Option<u32>,
    end: Option<u32>,
}

/// Gives each token of text its time between `from_ms` and `until_ms`: by the time stamps that
/// were chosen, by those that were only likely, and between them by how long it takes to say.
pub(super) fn place(
    tokens: &[Token],
    layout: Layout,
    bytes: impl Fn(usize) -> Vec<u8>,
    (from_ms, until_ms): (u32, u32),
) -> Vec<Piece> {
    let mut sounding: Vec<Sounding> = Vec::with_capacity(tokens.len());
    let (mut latest, mut opened) = (from_ms, Some(from_ms));
    for token in tokens.iter().filter(|token| token.id != layout.end) {
        let time = token.time.map(|time| time as u32 * POSITION_MS);
        let time = time.filter(|time| (latest..=until_ms).contains(time));
        if token.id >= layout.zero {
            // Two in a row close one stretch and open the next.
            match sounding
                .last_mut()
                .filter(|last| last.end.is_none() && opened.is_none())
            {
                Some(last) => last.end = time,
                None => opened = time.or(opened),
            }
            if sounding.last().is_some_and(|last| last.end.is_some()) && opened.is_none() {
                opened = time;
            }
        } else {
            let moved = time.filter(|time| *time > latest);
            let start = moved.or(opened);
            opened = None;
            sounding.push(Sounding {
                bytes: bytes(token.id),
                probability: token.probability,
                start,
                end: None,
            });
        }
        latest = time.unwrap_or(latest);
    }
    spread(&mut sounding, from_ms, until_ms);
    let piece = |token: Sounding| Piece {
        start_ms: token.start.unwrap_or(from_ms),
        end_ms: token.end.unwrap_or(until_ms),
        bytes: token.bytes,
        probability: token.probability,
    };
    sounding.into_iter().map(piece).collect()
}

/// Fills in the times that are not known.
fn spread(tokens: &mut [Sounding], from_ms: u32, until_ms: u32) {
    for i in 1..tokens.len() {
        let (end, start) = (tokens[i - 1].end, tokens[i].start);
        tokens[i - 1].end = end.or(start);
        tokens[i].start = start.or(end);
    }
    if let Some(first) = tokens.first_mut() {
        first.start.get_or_insert(from_ms);
    }
    if let Some(last) = tokens.last_mut() {
        last.end.get_or_insert(until_ms);
    }
    let mut i = 0;
    while i < tokens.len() {
        let last = (i..tokens.len())
            .find(|k| tokens[*k].end.is_some())
            .unwrap_or(i);
        let start = tokens[i].start.unwrap_or(from_ms);
        let end = tokens[last].end.unwrap_or(until_ms).max(start);
        let whole: u32 = tokens[i..=last]
            .iter()
            .map(|token| length(&token.bytes))
            .sum();
        let mut said = 0;
        for token in &mut tokens[i..=last] {
            let at = |said: u32| start + (end - start) * said / whole.max(1);
            token.start = Some(at(said));
            said += length(&token.bytes);
            token.end = Some(at(said));
        }
        i = last + 1;
    }
}

/// How long it takes to say, in letters: digits are words, marks are pauses.
fn length(bytes: &[u8]) -> u32 {
    let of = |byte: &u8| match byte {
        b' ' => 0,
        b'0'..=b'9' | b'.' | b'!' | b'?' => 3,
        b',' => 2,
        // The rest of a character that is longer than a byte.
        0x80..0xc0 => 0,
        0xe0.. => 4,
        _ => 1,
    };
    bytes.iter().map(of).sum()
}

#[cfg(test)]
mod tests {
    use super::{Layout, Rules, Token, place};

    /// Text 0 to 3 (0 is a space), end 4, a language 5, time stamps from 6.
    const LAYOUT: Layout = Layout {
        end: 4,
        zero: 6,
        blank: Some(0),
    };

    fn choose(rules: &mut Rules, logits: &[(usize, f32)]) -> usize {
        let mut all = vec![-20.0; 80];
        logits.iter().for_each(|(id, logit)| all[*id] = *logit);
        rules.choose(&all, None).id
    }

    #[test]
    fn the_first_token_is_no_end_no_space_and_not_late() {
        let mut rules = Rules::new(LAYOUT);
        assert_eq!(
            choose(&mut rules.clone(), &[(4, 9.0), (0, 8.0), (2, 1.0)]),
            2
        );
        assert_eq!(choose(&mut rules, &[(75, 9.0), (8, 1.0)]), 8);
    }

    #[test]
    fn names_of_languages_never_come() {
        let mut rules = Rules::new(LAYOUT);
        rules.take(6);
        assert_eq!(choose(&mut rules, &[(5, 9.0), (1, 2.0)]), 1);
    }

    #[test]
    fn time_stamps_come_in_pairs_and_do_not_go_back() {
        let mut rules = Rules::new(LAYOUT);
        rules.take(6);
        assert_eq!(
            choose(&mut rules, &[(9, 9.0), (1, 2.0)]),
            1,
            "one opens, text follows"
        );
        assert_eq!(choose(&mut rules, &[(12, 9.0), (1, 2.0)]), 12);
        assert_eq!(
            choose(&mut rules.clone(), &[(1, 9.0), (4, 2.0)]),
            4,
            "no text after a closing one"
        );
        assert_eq!(choose(&mut rules, &[(8, 9.0), (12, 2.0)]), 12, "not back");
        assert_eq!(
            choose(&mut rules, &[(14, 9.0), (2, 2.0)]),
            2,
            "a pair is closed"
        );
    }

    #[test]
    fn many_likely_time_stamps_outweigh_one_likely_word() {
        let mut rules = Rules::new(LAYOUT);
        rules.take(6);
        rules.take(1);
        let spread: Vec<(usize, f32)> = (20..40).map(|id| (id, 0.0)).chain([(2, 2.0)]).collect();
        assert!(choose(&mut rules, &spread) >= 20);
    }

    #[test]
    fn words_lie_between_their_time_stamps() {
        let token = |id, time: Option<usize>| Token {
            id,
            probability: 1.0,
            logprob: 0.0,
            time,
        };
        let tokens = [
            token(6 + 5, Some(5)),
            token(1, None),
            token(2, Some(30)),
            token(3, None),
            token(6 + 50, Some(50)),
            token(6 + 60, Some(60)),
            token(1, None),
            token(4, None),
        ];
        let bytes = |id: usize| {
            [
                b" ab".to_vec(),
                b" abcd".to_vec(),
                b" ef".to_vec(),
                b" ghij".to_vec(),
            ][id]
                .clone()
        };
        let pieces = place(&tokens, LAYOUT, bytes, (0, 2_000));
        let times: Vec<(u32, u32)> = pieces
            .iter()
            .map(|piece| (piece.start_ms, piece.end_ms))
            .collect();
        assert_eq!(
            times,
            [(100, 600), (600, 733), (733, 1_000), (1_200, 2_000)]
        );
    }
}
