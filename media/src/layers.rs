//! What is known of a track's layers: whether one is sent, what it costs with how many of its
//! temporal layers, and how large its picture is. Measured where the publisher is, told to the
//! other workers.

use std::time::Instant;

use crate::limits::{LAYER_TICK, TEMPORAL_MAX};
use crate::packet::Packet;
use crate::srtp::{HEADER_LEN, TAG_LEN_MAX};

/// One layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LayerState {
    /// Whether packets come.
    pub alive: bool,
    /// Told to pause because nobody takes it, or just told to go on: it can be had.
    pub resumable: bool,
    /// Bits per second with temporal layers `0..=n`, at index `n`; 0 until measured.
    pub rates: [u32; TEMPORAL_MAX],
    /// Highest temporal layer seen.
    pub temporal: u8,
    /// Width and height in pixels, when a header told.
    pub size: Option<(u16, u16)>,
}

impl LayerState {
    /// Whether a viewer may be pointed at it.
    pub(crate) fn is_available(&self) -> bool {
        self.alive || self.resumable
    }

    /// Bits per second of everything up to this temporal layer.
    pub(crate) fn rate(&self, temporal: u8) -> u64 {
        self.rates[usize::from(temporal).min(TEMPORAL_MAX - 1)].into()
    }

    /// What has to be told to others when it changes; rates only drift.
    pub(crate) fn shape(&self) -> impl PartialEq + use<> {
        (self.alive, self.resumable, self.temporal, self.size)
    }
}

/// Measures a layer's rate by temporal layer.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    bytes: [u64; TEMPORAL_MAX],
    since: Option<Instant>,
    rates: [u32; TEMPORAL_MAX],
    temporal: u8,
}

impl Meter {
    /// Counts a packet as it will leave.
    pub(crate) fn count(&mut self, packet: &Packet) {
        let temporal = packet.temporal.id.min(TEMPORAL_MAX as u8 - 1);
        self.temporal = self.temporal.max(temporal);
        self.since.get_or_insert(packet.arrival);
        self.bytes[usize::from(temporal)] +=
            (packet.payload.len() + HEADER_LEN + TAG_LEN_MAX) as u64;
    }

    /// Ends a measuring interval: the new rate and the one before count half each. One that was
    /// too short to tell a rate from a burst goes on.
    pub(crate) fn tick(&mut self, now: Instant) {
        let Some(since) = self.since else { return };
        let measured = now.saturating_duration_since(since);
        if measured < LAYER_TICK / 2 {
            return;
        }
        let micros = measured.as_micros() as u64;
        let (mut bytes, fresh) = (0, self.rates[TEMPORAL_MAX - 1] == 0);
        for (rate, counted) in self.rates.iter_mut().zip(&self.bytes) {
            bytes += counted;
            let new = u32::try_from(bytes * 8_000_000 / micros).unwrap_or(u32::MAX);
            *rate = if fresh { new } else { rate.midpoint(new) };
        }
        self.bytes = [0; TEMPORAL_MAX];
        self.since = Some(now);
    }

    /// Cumulative rates; what was last seen while the layer is silent.
    pub(crate) fn rates(&self) -> [u32; TEMPORAL_MAX] {
        self.rates
    }

    /// Forgets the silence: the next interval begins with the next packet.
    pub(crate) fn pause(&mut self) {
        (self.bytes, self.since) = ([0; TEMPORAL_MAX], None);
    }

    pub(crate) fn temporal(&self) -> u8 {
        self.temporal
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::testing::{origin, vp8_temporal};

    #[test]
    fn rates_add_up_over_temporal_layers_and_outlive_silence() {
        let mut meter = Meter::default();
        let mut sent = [0u64; 3];
        for seq in 0..300 {
            let packet = vp8_temporal(seq, [0, 2, 1, 2][seq as usize % 4]);
            sent[usize::from(packet.temporal.id)] += packet.payload.len() as u64 + 28;
            meter.count(&packet);
        }
        meter.tick(origin() + Duration::from_millis(3));
        assert_eq!(meter.rates(), [0; TEMPORAL_MAX], "a burst is no rate");
        meter.tick(origin() + Duration::from_secs(10));
        let expected = [sent[0], sent[0] + sent[1], sent.iter().sum()].map(|b| b as u32 * 8 / 10);
        assert_eq!(meter.rates()[..3], expected);
        assert_eq!(meter.temporal(), 2);
        let before = meter.rates();
        meter.pause();
        meter.tick(origin() + Duration::from_secs(60));
        assert_eq!(meter.rates(), before);
    }
}
