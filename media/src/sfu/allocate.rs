//! Which layer each slot of a viewer gets of the bandwidth its network has. Pure.
//!
//! Each slot has a ladder: the lowest layer it may show, cut to its temporal layers, then each
//! layer above it whole. Sound is set aside first. Then every slot is raised one rung in turn, in
//! m-line order, while the rest of the estimate pays for it: all pictures before a good one. The
//! first picture keeps its lowest rung in any case: pacing, which sound does not wait for, then
//! makes it late, and without a picture no probe could find the network better. A rung
//! above what the slot has now must fit with room to spare, and one that it has is kept while the
//! estimate is a single backoff short of it, so that an estimate that swings changes nothing.

use crate::downtrack::Pick;
use crate::handle::{LayerChoice, Wanted};
use crate::layers::LayerState;

/// Bits per second assumed of a layer that was never measured, the lowest first: what browsers
/// spend on 180p, 360p and 720p.
const RATES_ASSUMED: [u64; 3] = [150_000, 500_000, 1_700_000];

/// A rung above the current one must fit with this much to spare, in percent: estimates of a
/// steady network swing by less.
const CLIMB_MARGIN: u64 = 120;

/// A rung the slot has is kept while this much of it fits, in percent: an estimate falls to 85 %
/// of what was just seen to arrive (`bwe::aimd`), and what arrives is carried.
const KEEP_MARGIN: u64 = 85;

/// A layer is tall enough from this part of the wanted height on, in percent: nobody sees the
/// difference, and layers are far apart.
const TALL_ENOUGH: u32 = 90;

/// A video slot as the allocator sees it.
#[derive(Debug, Clone)]
pub(crate) struct Wish<'a> {
    /// Its track's layers, the lowest first; empty before any is known.
    pub layers: &'a [LayerState],
    /// What the page does with it.
    pub wanted: Wanted,
    /// What was asked for.
    pub choice: LayerChoice,
    /// What it was given last; `None` when that was nothing.
    pub now: Option<Pick>,
}

/// What a viewer gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Given {
    /// What each slot gets, in the order of the wishes; `None` for nothing.
    pub picks: Vec<Option<Pick>>,
    /// Bits per second, sound included, at which some slot would get more; 0 when all have the
    /// best of what they want.
    pub better: u64,
}

/// Shares out an estimate. `estimate` and `audio` are bits per second; without an estimate
/// everybody gets the best of what they want.
pub(crate) fn allocate(estimate: Option<u64>, audio: u64, wishes: &[Wish<'_>]) -> Given {
    let ladders: Vec<_> = wishes.iter().map(ladder).collect();
    let Some(estimate) = estimate else {
        let best = ladders.iter().map(|ladder| Some(ladder.last()?.pick));
        return Given {
            picks: best.collect(),
            better: 0,
        };
    };
    let mut left = estimate.saturating_sub(audio);
    let mut at: Vec<Option<usize>> = vec![None; wishes.len()];
    for (ladder, at) in ladders.iter().zip(&mut at) {
        // What was chosen by hand is paid first, whatever it costs.
        if let [only] = ladder.as_slice()
            && only.is_fixed
        {
            (left, *at) = (left.saturating_sub(only.rate), Some(0));
        }
    }
    let first = ladders.iter().position(|ladder| !ladder.is_empty());
    // Whatever was raised last, the last round finds every rung that is too dear.
    let better = loop {
        let (mut raised, mut dearer) = (false, None);
        let slots = ladders.iter().zip(wishes).zip(&mut at);
        for (n, ((ladder, wish), at)) in slots.enumerate() {
            let next = at.map_or(0, |at| at + 1);
            let Some(rung) = ladder.get(next) else {
                continue;
            };
            let paid = at.map_or(0, |at| ladder[at].rate);
            let has = |rung: &Rung| Some(rung.pick) == wish.now;
            let climbs = ladder.iter().position(has).is_none_or(|now| next > now);
            let margin = if climbs { CLIMB_MARGIN } else { KEEP_MARGIN };
            let price = (rung.rate * margin / 100).saturating_sub(paid);
            let is_least = next == 0 && Some(n) == first;
            let needed = if is_least { 0 } else { price };
            if needed <= left {
                left = left.saturating_sub(rung.rate.saturating_sub(paid));
                *at = Some(next);
                raised = true;
            } else {
                dearer = Some(dearer.map_or(needed, |least: u64| least.min(needed)));
            }
        }
        if !raised {
            let paid = ladders.iter().zip(&at);
            let paid: u64 = paid
                .map(|(ladder, at)| at.map_or(0, |at| ladder[at].rate))
                .sum();
            break dearer.map_or(0, |needed| audio + paid + needed);
        }
    };
    let got = ladders.iter().zip(at);
    let picks = got.map(|(ladder, at)| Some(ladder[at?].pick)).collect();
    Given { picks, better }
}

struct Rung {
    pick: Pick,
    rate: u64,
    is_fixed: bool,
}

/// What a slot may show, the cheapest first.
fn ladder(wish: &Wish<'_>) -> Vec<Rung> {
    if !wish.wanted.visible {
        return Vec::new();
    }
    let (ceiling, temporal, fixed) = match wish.choice {
        LayerChoice::Auto => (u8::MAX, None, None),
        LayerChoice::Within { temporal, .. } => (u8::MAX, temporal, None),
        LayerChoice::Fixed { layer, temporal } => (layer, temporal, Some(layer)),
    };
    let temporal = temporal.unwrap_or(u8::MAX);
    let rung = |layer: u8, temporal: u8| {
        let known = wish.layers.get(usize::from(layer));
        let rate = known.map_or(0, |state| state.rate(temporal));
        let assumed = RATES_ASSUMED[usize::from(layer).min(RATES_ASSUMED.len() - 1)];
        Rung {
            pick: Pick { layer, temporal },
            rate: if rate == 0 { assumed } else { rate },
            is_fixed: fixed.is_some(),
        }
    };
    let there = wish
        .layers
        .iter()
        .zip(0u8..)
        .filter(|(state, _)| state.is_available());
    let mut layers: Vec<u8> = there.map(|(_, layer)| layer).collect();
    let Some(lowest) = layers.first().copied() else {
        // Nothing is known yet, or nothing comes: wait for the lowest.
        return vec![rung(0, temporal)];
    };
    let fits = |layer: u8| layer <= ceiling && is_within(wish, layer);
    layers.retain(|layer| fits(*layer) || *layer == lowest);
    if fixed.is_some() {
        return layers
            .last()
            .map(|layer| rung(*layer, temporal))
            .into_iter()
            .collect();
    }
    if let Some(wanted) = wish.wanted.height {
        let tall_enough = |layer: &u8| {
            let size = wish.layers[usize::from(*layer)].size;
            size.is_some_and(|(_, h)| u32::from(h) * 100 >= u32::from(wanted) * TALL_ENOUGH)
        };
        if let Some(top) = layers.iter().position(tall_enough) {
            layers.truncate(top + 1);
        }
    }
    let base = &wish.layers[usize::from(lowest)];
    let cuts = (0..base.temporal.min(temporal)).map(|cut| rung(lowest, cut));
    let whole = layers.iter().map(|layer| rung(*layer, temporal));
    cuts.chain(whole).collect()
}

/// Whether a layer is no larger than was asked for.
fn is_within(wish: &Wish<'_>, layer: u8) -> bool {
    let LayerChoice::Within { width, height, .. } = wish.choice else {
        return true;
    };
    let (wide, high) = wish.layers[usize::from(layer)].size.unzip();
    let holds = |most: Option<u16>, size: Option<u16>| {
        most.is_none_or(|most| size.is_some_and(|size| size <= most))
    };
    holds(width, wide) && holds(height, high)
}

#[cfg(test)]
mod tests;
