//! LocalAgreement-2: a word may be kept once two decodes in a row heard it. Kept words never
//! change; what follows them may.

use crate::limits::SHOW_PROBABILITY;
use crate::ports::Word;

/// The form in which words are compared: lower case, letters and digits only.
#[must_use]
pub(crate) fn key(word: &str) -> String {
    let letters = word.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}

/// Joins words as they stand in the line.
#[must_use]
pub(crate) fn join<'a>(words: impl IntoIterator<Item = &'a Word>) -> String {
    let mut text = String::new();
    for word in words {
        if word.spaced && !text.is_empty() {
            text.push(' ');
        }
        text.push_str(&word.text);
    }
    text
}

/// What two hypotheses in a row have agreed on, for the audio now in the buffer.
#[derive(Debug, Default)]
pub(crate) struct Agreement {
    /// Append-only until [`Agreement::forget`].
    committed: Vec<Word>,
    /// Closing punctuation of the last committed word as heard last. Left open until the word
    /// after it is committed, because every hypothesis likes to end with a full stop.
    ending: String,
    /// What the newest hypothesis heard beyond that.
    tentative: Vec<Word>,
    /// How many of those the hypothesis before has heard as well.
    twice: usize,
    /// How many of those are on screen.
    on_screen: usize,
}

impl Agreement {
    /// Words that stay.
    #[must_use]
    pub(crate) fn committed(&self) -> &[Word] {
        &self.committed
    }

    /// Words that may still change.
    #[must_use]
    pub(crate) fn tentative(&self) -> &[Word] {
        &self.tentative
    }

    /// Everything heard from the committed word `from` on, as it may be shown now: of the words
    /// that may still change those that end before `settled_ms` or are likely, that were heard
    /// twice, or that are on screen already. The rest is mostly the beginning of other words.
    #[must_use]
    pub(crate) fn show(&mut self, from: usize, settled_ms: u32) -> Vec<Word> {
        let mut words = self.committed[from..].to_vec();
        if let Some(last) = words.last_mut() {
            last.text.push_str(&self.ending);
        }
        let settled =
            |word: &&Word| word.end_ms <= settled_ms || word.probability >= SHOW_PROBABILITY;
        let settled = self.tentative.iter().take_while(settled).count();
        self.on_screen = settled.max(self.twice).max(self.on_screen);
        words.extend_from_slice(&self.tentative[..self.on_screen]);
        words
    }

    /// Takes a newer hypothesis of the same buffer; returns how many words it committed: those
    /// that both heard and that end before `sure_ms`.
    pub(crate) fn update(&mut self, heard: Vec<Word>, sure_ms: u32) -> usize {
        let split = self.split(&heard);
        self.hear_ending(&heard, split);
        let same = common(&self.tentative, &heard[split..]);
        let sure = |word: &&Word| word.end_ms <= sure_ms;
        let agreed = heard[split..split + same].iter().take_while(sure).count();
        let agreed = whole_numbers(&heard[split..split + same], agreed);
        if agreed > 0 {
            self.append(&heard[split..split + agreed]);
            self.open_last();
        }
        self.on_screen = self.on_screen.min(same).saturating_sub(agreed);
        self.twice = same - agreed;
        self.tentative = heard.into_iter().skip(split + agreed).collect();
        agreed
    }

    /// Takes a hypothesis that may be shown but agrees with nothing: its language is a guess.
    pub(crate) fn propose(&mut self, heard: Vec<Word>) {
        let split = self.split(&heard);
        let same = common(&self.tentative, &heard[split..]);
        self.on_screen = self.on_screen.min(same);
        self.twice = same;
        self.tentative = heard.into_iter().skip(split).collect();
    }

    /// Commits what was heard last.
    pub(crate) fn settle(&mut self) {
        let tentative = std::mem::take(&mut self.tentative);
        (self.twice, self.on_screen) = (0, 0);
        self.append(&tentative);
    }

    /// Takes the last hypothesis and commits all of it.
    pub(crate) fn finish(&mut self, heard: &[Word]) {
        let split = self.split(heard);
        self.hear_ending(heard, split);
        self.append(&heard[split..]);
        self.tentative.clear();
        (self.twice, self.on_screen) = (0, 0);
    }

    /// Drops the first `words` committed words: their audio left the buffer.
    pub(crate) fn forget(&mut self, words: usize, audio_ms: u32) {
        self.committed.drain(..words.min(self.committed.len()));
        if self.committed.is_empty() {
            self.ending.clear();
        }
        for word in self.committed.iter_mut().chain(&mut self.tentative) {
            word.start_ms = word.start_ms.saturating_sub(audio_ms);
            word.end_ms = word.end_ms.saturating_sub(audio_ms);
        }
    }

    fn append(&mut self, words: &[Word]) {
        if let Some(last) = self.committed.last_mut() {
            last.text.push_str(&self.ending);
            self.ending.clear();
        }
        self.committed.extend_from_slice(words);
    }

    /// Takes the closing punctuation off the last committed word.
    fn open_last(&mut self) {
        let Some(last) = self.committed.last_mut() else {
            return;
        };
        self.ending = last.text.split_off(without_ending(&last.text).len());
    }

    /// What the newest hypothesis thinks of the last committed word's ending.
    fn hear_ending(&mut self, heard: &[Word], split: usize) {
        let Some(last) = self.committed.last() else {
            return;
        };
        let Some(same) = split.checked_sub(1).and_then(|i| heard.get(i)) else {
            return;
        };
        if key(&same.text) == key(&last.text) {
            same.text[without_ending(&same.text).len()..].clone_into(&mut self.ending);
        }
    }

    /// Where in `heard` the committed words end: the prefix with the smallest edit distance to
    /// them. Decodes of a longer buffer may write an old word differently or as two.
    fn split(&self, heard: &[Word]) -> usize {
        if self.committed.is_empty() {
            return 0;
        }
        let old: Vec<String> = self.committed.iter().map(|word| key(&word.text)).collect();
        let new: Vec<String> = heard.iter().map(|word| key(&word.text)).collect();
        let mut row: Vec<usize> = (0..=new.len()).collect();
        for (i, word) in old.iter().enumerate() {
            let mut diagonal = row[0];
            row[0] = i + 1;
            for (j, other) in new.iter().enumerate() {
                let replaced = diagonal + usize::from(word != other);
                diagonal = row[j + 1];
                row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
            }
        }
        let last = old.last();
        let cost = |&end: &usize| {
            let ends_alike = end > 0 && new.get(end - 1) == last;
            (row[end], !ends_alike, end.abs_diff(old.len()))
        };
        (0..=new.len()).min_by_key(cost).unwrap_or(0)
    }
}

/// How many words both begin with.
fn common(old: &[Word], new: &[Word]) -> usize {
    old.iter()
        .zip(new)
        .take_while(|(a, b)| key(&a.text) == key(&b.text))
        .count()
}

/// The word without the punctuation after it; closing quotes and brackets are punctuation too.
fn without_ending(word: &str) -> &str {
    let bare = word.trim_end_matches(|c: char| !c.is_alphanumeric() && !"%°€$£+".contains(c));
    if bare.is_empty() { word } else { bare }
}

/// More words of digits in a row than this are a list or a code, and do not wait for its end.
const NUMBER_WORDS_MAX: usize = 6;

/// How many of the first `agreed` words may stay without cutting a number in two: `100` may go on
/// to be `149`, and given `100` the recogniser would write `100 and 49`. A number stays once the
/// word behind it was heard twice as well.
fn whole_numbers(words: &[Word], agreed: usize) -> usize {
    let ends = words.get(agreed).is_some_and(|next| !goes_on(&next.text));
    if ends {
        return agreed;
    }
    let before = words[..agreed]
        .iter()
        .rposition(|word| !goes_on(&word.text))
        .map_or(0, |at| at + 1);
    let open = &words[before..agreed];
    // A lone `and` is no number.
    if open.len() <= NUMBER_WORDS_MAX && open.iter().any(|word| is_number(&word.text)) {
        before
    } else {
        agreed
    }
}

fn goes_on(word: &str) -> bool {
    is_number(word)
        || matches!(
            key(word).as_str(),
            "and" | "point" | "e" | "y" | "et" | "und"
        )
}

fn is_number(word: &str) -> bool {
    const WORDS: [&str; 30] = [
        "one",
        "two",
        "three",
        "four",
        "five",
        "six",
        "seven",
        "eight",
        "nine",
        "ten",
        "eleven",
        "twelve",
        "thirteen",
        "fourteen",
        "fifteen",
        "sixteen",
        "seventeen",
        "eighteen",
        "nineteen",
        "twenty",
        "thirty",
        "forty",
        "fifty",
        "sixty",
        "seventy",
        "eighty",
        "ninety",
        "hundred",
        "thousand",
        "half",
    ];
    word.trim_start_matches(|c: char| !c.is_alphanumeric())
        .starts_with(|c: char| c.is_ascii_digit())
        || word
            .split('-')
            .any(|part| WORDS.contains(&key(part).as_str()))
}

#[cfg(test)]
mod tests;
