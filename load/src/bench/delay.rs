//! How long packets stay in the server, seen from outside: from when the publisher sent them to
//! when the kernel had them for a viewer.

use std::collections::HashMap;
use std::time::Duration;

use crate::bot::publisher::Left;
use crate::bot::viewer::Came;

/// A stream with fewer ends of frames is sound.
const FRAMES_MIN: usize = 5;

/// Delays of one window.
#[derive(Debug, Default)]
pub(crate) struct Delays {
    /// Of packets that end a frame: arrival to send, at every noted viewer.
    pub forward: Vec<Duration>,
    /// Of every video packet, at the noted viewer that got it first: how long it was held so that
    /// its frame leaves together, and what receiving costs.
    pub held: Vec<Duration>,
}

impl Delays {
    /// Matches what left with what came.
    pub(crate) fn of(left: &[Left], came: &[Came]) -> Delays {
        let sent: HashMap<u16, &Left> = left.iter().map(|left| (left.seq, left)).collect();
        let ends: Vec<&Left> = left.iter().filter(|left| left.marker).collect();
        let mut streams: HashMap<(usize, u32), Vec<&Came>> = HashMap::new();
        for came in came {
            streams.entry(came.stream).or_default().push(came);
        }
        let mut delays = Delays::default();
        let mut first: HashMap<u16, Duration> = HashMap::new();
        for packets in streams.values() {
            let Some(offset) = offset(&ends, packets) else {
                continue;
            };
            for came in packets {
                let Some(left) = sent.get(&came.seq.wrapping_sub(offset)) else {
                    continue;
                };
                let delay = Duration::from_nanos(came.at_ns.saturating_sub(left.at_ns));
                if left.marker {
                    delays.forward.push(delay);
                }
                let least = first.entry(left.seq).or_insert(delay);
                *least = delay.min(*least);
            }
        }
        delays.held = first.into_values().collect();
        delays
    }

    /// Adds another window.
    pub(crate) fn extend(&mut self, other: Delays) {
        self.forward.extend(other.forward);
        self.held.extend(other.held);
    }
}

/// A stream's sequence numbers less the publisher's. Each end of a frame votes for the newest one
/// that had left before it came.
fn offset(ends: &[&Left], packets: &[&Came]) -> Option<u16> {
    let mut votes: HashMap<u16, usize> = HashMap::new();
    let frames = packets.iter().filter(|packet| packet.marker);
    for came in frames {
        let after = ends.partition_point(|left| left.at_ns < came.at_ns);
        if let Some(left) = after.checked_sub(1).map(|at| ends[at]) {
            *votes.entry(came.seq.wrapping_sub(left.seq)).or_default() += 1;
        }
    }
    let (offset, count) = votes.into_iter().max_by_key(|(_, count)| *count)?;
    (count >= FRAMES_MIN).then_some(offset)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000;

    #[test]
    fn packets_are_found_again_under_other_numbers() {
        // Ten frames of two packets, 33 ms apart, the second 5 ms after the first. The server
        // sends both 1 ms after the second; viewer 1 gets them 2 ms later than viewer 0.
        let (mut left, mut came) = (Vec::new(), Vec::new());
        for frame in 0..10_u16 {
            for half in 0..2_u16 {
                let begin = u64::from(frame) * 33 * MS + 1_000 * MS;
                let (seq, marker) = (65_530_u16.wrapping_add(2 * frame + half), half == 1);
                let at_ns = begin + u64::from(half) * 5 * MS;
                left.push(Left { seq, marker, at_ns });
                for viewer in 0..2 {
                    came.push(Came {
                        stream: (viewer, 9),
                        seq: seq.wrapping_add(100 + viewer as u16),
                        marker,
                        at_ns: begin + 6 * MS + 2 * MS * viewer as u64,
                    });
                }
            }
        }
        let delays = Delays::of(&left, &came);
        let mut forward: Vec<_> = delays.forward.iter().map(Duration::as_millis).collect();
        forward.sort_unstable();
        assert_eq!(forward, [[1; 10], [3; 10]].concat());
        let mut held: Vec<_> = delays.held.iter().map(Duration::as_millis).collect();
        held.sort_unstable();
        assert_eq!(held, [[1; 10], [6; 10]].concat());
    }
}
