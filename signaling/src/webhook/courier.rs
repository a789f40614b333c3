//! Who is sent what, and when: a machine without clock or socket. It knows the deliveries that
//! are owed (the store keeps them, too), never has one in the air twice, and leaves no endpoint
//! more than its share of connections.

use std::collections::{BTreeSet, HashMap, VecDeque};

use super::schedule::{Verdict, wait_ms};
use crate::limits::webhooks::{IN_FLIGHT_MAX, IN_FLIGHT_PER_ENDPOINT_MAX, OWED_MAX};

/// An event for an endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Delivery {
    /// Endpoint id.
    pub endpoint: String,
    /// Sequence number of the event in the endpoint's show.
    pub seq: u64,
}

/// What the machine is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Input {
    /// A delivery is owed, after so many tries, from this time on. Known ones are left alone.
    Owed {
        /// Which.
        delivery: Delivery,
        /// Tries so far.
        tries: u32,
        /// Not before, Unix ms.
        due_ms: u64,
    },
    /// A try is over.
    Tried {
        /// Which.
        delivery: Delivery,
        /// How.
        verdict: Verdict,
        /// 0 to 1, for the jitter.
        chance: f64,
    },
    /// The endpoint is not served any more, or everything it is owed was counted anew.
    Dropped {
        /// Which endpoint.
        endpoint: String,
    },
}

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// Try it now.
    Send {
        /// Which.
        delivery: Delivery,
        /// Which try this is, from 1.
        attempt: u32,
    },
    /// Write down how it stands.
    Keep {
        /// Which.
        delivery: Delivery,
        /// Tries so far.
        tries: u32,
        /// How it stands.
        standing: Standing,
    },
    /// The endpoint answered 410: nothing goes there any more.
    Disable {
        /// Which endpoint.
        endpoint: String,
    },
}

/// How a delivery stands after a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// To be tried again then, Unix ms.
    Owed(u64),
    /// Taken.
    Delivered,
    /// Given up: the schedule is at its end, or the receiver is gone.
    GivenUp,
}

/// The machine.
#[derive(Debug, Default)]
pub struct Courier {
    endpoints: HashMap<String, Owing>,
    flying: usize,
    outputs: VecDeque<Output>,
}

#[derive(Debug, Default)]
struct Owing {
    /// By due time, so that the first is the next.
    waiting: BTreeSet<(u64, u64)>,
    /// Tries so far, of all that wait or fly.
    tries: HashMap<u64, u32>,
    flying: BTreeSet<u64>,
}

impl Courier {
    /// How many more deliveries of an endpoint are taken; the others stay in the store.
    #[must_use]
    pub fn room(&self, endpoint: &str) -> usize {
        let owed = self
            .endpoints
            .get(endpoint)
            .map_or(0, |owing| owing.tries.len());
        OWED_MAX.saturating_sub(owed)
    }

    /// One input.
    pub fn handle(&mut self, now_ms: u64, input: Input) {
        match input {
            Input::Owed {
                delivery,
                tries,
                due_ms,
            } => {
                let owing = self.endpoints.entry(delivery.endpoint).or_default();
                if owing.tries.len() < OWED_MAX && !owing.tries.contains_key(&delivery.seq) {
                    owing.tries.insert(delivery.seq, tries);
                    owing.waiting.insert((due_ms, delivery.seq));
                }
            }
            Input::Tried {
                delivery,
                verdict,
                chance,
            } => {
                self.tried(now_ms, delivery, verdict, chance);
            }
            Input::Dropped { endpoint } => self.dropped(&endpoint),
        }
    }

    /// What there is to do; call until there is nothing.
    pub fn poll(&mut self, now_ms: u64) -> Option<Output> {
        if let Some(output) = self.outputs.pop_front() {
            return Some(output);
        }
        if self.flying >= IN_FLIGHT_MAX {
            return None;
        }
        // Whoever has waited longest; a due time cannot be kept back by another endpoint's crowd.
        let next = |(id, owing): (&String, &Owing)| {
            let (due_ms, seq) = *owing.waiting.first()?;
            let is_ready = due_ms <= now_ms && owing.flying.len() < IN_FLIGHT_PER_ENDPOINT_MAX;
            is_ready.then(|| (due_ms, seq, id.clone()))
        };
        let (due_ms, seq, endpoint) = self.endpoints.iter().filter_map(next).min()?;
        let owing = self.endpoints.get_mut(&endpoint)?;
        owing.waiting.remove(&(due_ms, seq));
        owing.flying.insert(seq);
        self.flying += 1;
        let attempt = owing.tries.get(&seq).map_or(1, |tries| tries + 1);
        Some(Output::Send {
            delivery: Delivery { endpoint, seq },
            attempt,
        })
    }

    /// When to poll again though nothing happens.
    #[must_use]
    pub fn deadline_ms(&self) -> Option<u64> {
        if self.flying >= IN_FLIGHT_MAX {
            return None;
        }
        let free = |owing: &&Owing| owing.flying.len() < IN_FLIGHT_PER_ENDPOINT_MAX;
        let due = |owing: &Owing| owing.waiting.first().map(|(due_ms, _)| *due_ms);
        self.endpoints.values().filter(free).filter_map(due).min()
    }

    fn tried(&mut self, now_ms: u64, delivery: Delivery, verdict: Verdict, chance: f64) {
        let Some(owing) = self.endpoints.get_mut(&delivery.endpoint) else {
            return;
        };
        // Dropped while it was in the air: what it became is not ours to say.
        if !owing.flying.remove(&delivery.seq) {
            return;
        }
        self.flying -= 1;
        let tries = owing.tries.get(&delivery.seq).map_or(1, |tries| tries + 1);
        let wait_ms = match verdict {
            Verdict::Failed => wait_ms(tries, chance),
            Verdict::Taken | Verdict::Gone => None,
        };
        let standing = match (verdict, wait_ms) {
            (Verdict::Taken, _) => Standing::Delivered,
            (_, Some(wait_ms)) => Standing::Owed(now_ms.saturating_add(wait_ms)),
            (_, None) => Standing::GivenUp,
        };
        if let Standing::Owed(due_ms) = standing {
            owing.tries.insert(delivery.seq, tries);
            owing.waiting.insert((due_ms, delivery.seq));
        } else {
            owing.tries.remove(&delivery.seq);
        }
        let endpoint = delivery.endpoint.clone();
        self.outputs.push_back(Output::Keep {
            delivery,
            tries,
            standing,
        });
        if verdict == Verdict::Gone {
            self.dropped(&endpoint);
            self.outputs.push_back(Output::Disable { endpoint });
        }
    }

    fn dropped(&mut self, endpoint: &str) {
        if let Some(owing) = self.endpoints.remove(endpoint) {
            self.flying -= owing.flying.len();
        }
    }
}
