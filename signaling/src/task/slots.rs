//! Which track each receive slot of a page shows. A pure decision: tracks stay where they are,
//! new ones take the first free slot in publish order, a slot chosen by hand is left alone, and
//! nobody sees themselves.

use crate::protocol::server::{SlotView, TrackKind, TrackView};

/// A receive slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// The m-line's mid.
    pub mid: String,
    /// Kind of track it takes.
    pub kind: TrackKind,
    /// Track shown.
    pub track: Option<String>,
    /// Chosen by the page: `Some(None)` is a slot kept empty.
    pub choice: Option<Option<String>>,
}

impl Slot {
    /// An empty slot, filled automatically.
    #[must_use]
    pub fn new(mid: String, kind: TrackKind) -> Slot {
        Slot {
            mid,
            kind,
            track: None,
            choice: None,
        }
    }

    /// As pages see it.
    #[must_use]
    pub fn view(&self) -> SlotView {
        SlotView {
            mid: self.mid.clone(),
            kind: self.kind,
            track: self.track.clone(),
        }
    }
}

/// Fills the slots for these tracks; returns the indexes that changed. `me` is the page's own
/// participant.
pub fn fill(slots: &mut [Slot], tracks: &[TrackView], me: &str) -> Vec<usize> {
    let before: Vec<_> = slots.iter().map(|slot| slot.track.clone()).collect();
    let is_on_air = |id: &str| tracks.iter().any(|track| track.id == id);
    for slot in slots.iter_mut() {
        if let Some(choice) = &slot.choice {
            if choice.as_deref().is_none_or(is_on_air) {
                slot.track.clone_from(choice);
                continue;
            }
            // The chosen track is over: the slot is free again.
            slot.choice = None;
        }
        slot.track = slot.track.take().filter(|id| is_on_air(id));
    }
    for track in tracks.iter().filter(|track| track.participant != me) {
        if slots
            .iter()
            .any(|slot| slot.track.as_deref() == Some(&track.id))
        {
            continue;
        }
        let is_free = |slot: &&mut Slot| {
            slot.kind == track.kind && slot.track.is_none() && slot.choice.is_none()
        };
        if let Some(slot) = slots.iter_mut().find(is_free) {
            slot.track = Some(track.id.clone());
        }
    }
    let changed = slots.iter().zip(before).enumerate();
    changed
        .filter(|(_, (slot, before))| slot.track != *before)
        .map(|(n, _)| n)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::client::SourceKind;

    fn slots() -> Vec<Slot> {
        let slot = |(mid, kind): (&str, TrackKind)| Slot::new(mid.into(), kind);
        [
            ("0", TrackKind::Video),
            ("1", TrackKind::Video),
            ("2", TrackKind::Audio),
        ]
        .map(slot)
        .to_vec()
    }

    fn tracks(ids: &[&str]) -> Vec<TrackView> {
        let track = |id: &&str| TrackView {
            id: (*id).into(),
            kind: if id.starts_with('a') {
                TrackKind::Audio
            } else {
                TrackKind::Video
            },
            participant: if id.ends_with('m') {
                "me".into()
            } else {
                "host".into()
            },
            source: SourceKind::Camera,
        };
        ids.iter().map(track).collect()
    }

    fn check(slots: &mut [Slot], on_air: &[&str], expected: [Option<&str>; 3]) {
        fill(slots, &tracks(on_air), "me");
        let found: Vec<_> = slots.iter().map(|slot| slot.track.as_deref()).collect();
        assert_eq!(found, expected, "with {on_air:?} on air");
    }

    #[test]
    fn tracks_stay_where_they_are() {
        let mut slots = slots();
        check(&mut slots, &["v1", "a1"], [Some("v1"), None, Some("a1")]);
        check(
            &mut slots,
            &["v1", "a1", "v2", "v3"],
            [Some("v1"), Some("v2"), Some("a1")],
        );
        check(&mut slots, &["v2", "v3"], [Some("v3"), Some("v2"), None]);
    }

    #[test]
    fn nobody_sees_themselves_unless_they_choose_to() {
        let mut slots = slots();
        check(&mut slots, &["vm", "am", "v1"], [Some("v1"), None, None]);
        slots[1].choice = Some(Some("vm".into()));
        check(&mut slots, &["vm", "v1"], [Some("v1"), Some("vm"), None]);
    }

    #[test]
    fn a_choice_holds_until_its_track_ends() {
        let mut slots = slots();
        slots[0].choice = Some(Some("v2".into()));
        slots[2].choice = Some(None);
        check(
            &mut slots,
            &["v1", "v2", "a1"],
            [Some("v2"), Some("v1"), None],
        );
        check(&mut slots, &["v1", "v3"], [Some("v3"), Some("v1"), None]);
    }
}
