//! What a viewer's reports about its path lead to.

use super::Sfu;
use crate::clock::Now;
use crate::downtrack::Flow;

impl Sfu {
    /// Sends a viewer a few of its latest packets again, as a probe for more room on its path:
    /// repeats are taken for what they are by every receiver, and fill gaps besides.
    pub(super) fn probe(&mut self, now: Now, index: usize) {
        let due = self.viewers[index].congestion.probe(now.instant);
        if due == 0 {
            return;
        }
        let slots = self.viewers[index].cold.slots.iter();
        let repeatable = slots.map(|(_, place)| *place).find_map(|place| {
            let downtrack = &self.downtracks[place];
            let newest = downtrack.newest().filter(|_| downtrack.flow == Flow::Live);
            Some((place, newest.filter(|_| downtrack.repeats_apart())?))
        });
        let Some((place, newest)) = repeatable else {
            return;
        };
        for back in 0..due as u64 {
            self.outbound.resend(place, newest.saturating_sub(back));
        }
    }
}
