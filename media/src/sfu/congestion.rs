//! What a viewer's reports about its path lead to.

use super::Sfu;
use crate::clock::Now;
use crate::downtrack::{Flow, OVERHEAD};

impl Sfu {
    /// Sends a viewer a few of its latest packets again, as a probe for more room on its path:
    /// repeats are taken for what they are by every receiver, and fill gaps besides.
    pub(super) fn probe(&mut self, now: Now, index: usize) {
        let congestion = &self.viewers[index].congestion;
        if congestion.deadline().is_none_or(|due| now.instant < due) {
            return;
        }
        let mut slots = self.viewers[index].cold.slots.iter();
        let repeatable = slots.find_map(|(_, place)| {
            let downtrack = &self.downtracks[*place];
            let live = downtrack.flow == Flow::Live && downtrack.repeats_apart();
            let newest = downtrack.newest().filter(|_| live)?;
            let up = &self.tracks.get(&downtrack.track?)?.up;
            let packet = up.layer(downtrack.layer)?.ring.get(newest)?;
            Some((*place, newest, packet.payload.len() + OVERHEAD))
        });
        let congestion = &mut self.viewers[index].congestion;
        let Some((place, newest, bytes)) = repeatable else {
            congestion.put_off_probe(now.instant);
            return;
        };
        for back in 0..congestion.probe(now.instant, bytes) as u64 {
            self.outbound.resend(place, newest.saturating_sub(back));
        }
    }
}
