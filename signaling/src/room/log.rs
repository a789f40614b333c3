//! The log of a show in this process: contiguous sequence numbers in one epoch. A page that was
//! away asks for what follows its last number; too long away, it gets a snapshot instead.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::limits::LOG_ENTRIES_MAX;
use crate::protocol::client::Resume;
use crate::protocol::server::{Entry, RoomEvent};

/// Recent entries.
#[derive(Debug)]
pub(super) struct Log {
    epoch: String,
    /// Invariant: sequence numbers are contiguous and end at `next_seq - 1`.
    entries: VecDeque<Arc<Entry>>,
    next_seq: u64,
}

impl Log {
    pub(super) fn new(epoch: String) -> Log {
        Log {
            epoch,
            entries: VecDeque::new(),
            next_seq: 1,
        }
    }

    pub(super) fn epoch(&self) -> &str {
        &self.epoch
    }

    /// Sequence number of the newest entry, 0 before the first.
    pub(super) fn last_seq(&self) -> u64 {
        self.next_seq - 1
    }

    pub(super) fn append(&mut self, at_ms: u64, event: RoomEvent) -> Arc<Entry> {
        let entry = Arc::new(Entry {
            seq: self.next_seq,
            at_ms,
            event,
        });
        self.next_seq += 1;
        if self.entries.len() == LOG_ENTRIES_MAX {
            self.entries.pop_front();
        }
        self.entries.push_back(Arc::clone(&entry));
        entry
    }

    /// Takes a chat line out of the past: who resumes does not read it either. The entry stays, so
    /// that numbers are contiguous.
    pub(super) fn forget_line(&mut self, id: u64) {
        for entry in &mut self.entries {
            let event = match &entry.event {
                RoomEvent::Chat(line) if line.id == id => RoomEvent::ChatRemoved { id },
                RoomEvent::ChatRules(rules) if rules.has_pinned(id) => {
                    RoomEvent::ChatRules(rules.unpinned())
                }
                _ => continue,
            };
            *entry = Arc::new(Entry { event, ..**entry });
        }
    }

    /// What follows, when it is all still here and of this epoch.
    pub(super) fn since(&self, resume: &Resume) -> Option<Vec<Entry>> {
        let missed = self.last_seq().checked_sub(resume.last_seq)?;
        let missed = usize::try_from(missed).ok()?;
        if resume.epoch != self.epoch || missed > self.entries.len() {
            return None;
        }
        let skip = self.entries.len() - missed;
        Some(
            self.entries
                .iter()
                .skip(skip)
                .map(|entry| Entry::clone(entry))
                .collect(),
        )
    }
}
