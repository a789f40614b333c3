//! What the scripted host does next: a pure machine. It pins what is spoken of and takes it off
//! again, undoes only its own pins, and asks for new stock when a loop begins with a product
//! sold out.

use std::collections::{BTreeSet, VecDeque};

use super::clip::Clip;

/// Something the host does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Act {
    /// Say that this participant, ourselves, speaks English: subtitles need not find out.
    SpeakEnglish(String),
    /// Lay a product over the picture.
    Pin(String),
    /// Take a product off.
    Unpin(String),
    /// Put new stock on the shelf.
    Restock,
}

/// The scripted host.
#[derive(Debug, Default)]
pub(super) struct Director {
    /// Pinned by us, as far as we know.
    mine: Option<String>,
    sold_out: BTreeSet<String>,
    loops: u64,
    acts: VecDeque<Act>,
}

impl Director {
    /// We came into the show as participant `me` and found these pins and sold out variants. A
    /// pin of the script is a leftover of ours.
    pub(super) fn joined(
        &mut self,
        clip: &Clip,
        me: String,
        pins: impl IntoIterator<Item = String>,
        sold_out: impl IntoIterator<Item = String>,
    ) {
        self.acts.push_back(Act::SpeakEnglish(me));
        let leftovers = pins.into_iter().filter(|product| clip.shows(product));
        self.acts.extend(leftovers.map(Act::Unpin));
        self.sold_out = sold_out.into_iter().collect();
    }

    /// The clip has come this far.
    pub(super) fn position(&mut self, clip: &Clip, since_start_ms: u64) {
        let wanted = clip.spoken_of(since_start_ms);
        if self.mine.as_deref() != wanted {
            self.acts.extend(self.mine.take().map(Act::Unpin));
            self.mine = wanted.map(str::to_owned);
            self.acts.extend(self.mine.clone().map(Act::Pin));
        }
        let loops = since_start_ms / clip.duration_ms();
        if loops != self.loops {
            self.loops = loops;
            if !self.sold_out.is_empty() {
                self.acts.push_back(Act::Restock);
            }
        }
    }

    /// The stock of a variant changed.
    pub(super) fn stock(&mut self, variant: String, available: u32) {
        if available == 0 {
            self.sold_out.insert(variant);
        } else {
            self.sold_out.remove(&variant);
        }
    }

    /// The next thing to do.
    pub(super) fn poll(&mut self) -> Option<Act> {
        self.acts.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn acts(director: &mut Director) -> Vec<Act> {
        std::iter::from_fn(|| director.poll()).collect()
    }

    #[test]
    fn products_are_pinned_while_they_are_spoken_of() {
        let clip = Clip::embedded().expect("a whole clip");
        let mut director = Director::default();
        let (mut at, mut seen) = (0, Vec::new());
        while at < clip.duration_ms() {
            director.position(&clip, at);
            seen.extend(acts(&mut director));
            at = clip.next_change_ms(at);
        }
        let pins = seen.iter().filter(|act| matches!(act, Act::Pin(_))).count();
        assert_eq!(seen.len(), 2 * pins, "each pin is undone: {seen:?}");
        for pair in seen.chunks(2) {
            let [Act::Pin(on), Act::Unpin(off)] = pair else {
                panic!("pins take turns: {seen:?}");
            };
            assert_eq!(on, off);
        }
    }

    #[test]
    fn leftovers_are_removed_and_pins_of_people_are_not() {
        let clip = Clip::embedded().expect("a whole clip");
        let mut director = Director::default();
        let pins = ["lamp".to_owned(), "theirs".to_owned()];
        director.joined(&clip, "me".into(), pins, []);
        let expected = [Act::SpeakEnglish("me".into()), Act::Unpin("lamp".into())];
        assert_eq!(acts(&mut director), expected);
    }

    #[test]
    fn sold_out_products_are_restocked_when_the_loop_begins_again() {
        let clip = Clip::embedded().expect("a whole clip");
        let mut director = Director::default();
        director.stock("cups".into(), 0);
        director.position(&clip, 10);
        assert_eq!(acts(&mut director), []);
        director.position(&clip, clip.duration_ms());
        assert_eq!(acts(&mut director), [Act::Restock]);
        director.stock("cups".into(), 24);
        director.position(&clip, 2 * clip.duration_ms());
        assert_eq!(acts(&mut director), []);
    }
}
