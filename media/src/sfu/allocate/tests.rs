//! The allocator by table and by law.

use proptest::prelude::*;

use super::*;

const ALL: u8 = u8::MAX;

/// Three layers of 100, 400 and 1600 kbit/s, 180 to 720 lines; the lowest with three temporal
/// layers.
fn layers() -> Vec<LayerState> {
    let layer = |rate: u32, height: u16, temporal: u8| LayerState {
        alive: true,
        rates: if temporal == 0 {
            [rate; 4]
        } else {
            [rate / 2, rate * 3 / 4, rate, rate]
        },
        temporal,
        size: Some((height / 9 * 16, height)),
        ..LayerState::default()
    };
    vec![
        layer(100_000, 180, 2),
        layer(400_000, 360, 0),
        layer(1_600_000, 720, 0),
    ]
}

fn wish(layers: &[LayerState]) -> Wish<'_> {
    Wish {
        layers,
        wanted: Wanted::default(),
        choice: LayerChoice::Auto,
        now: None,
    }
}

fn pick(layer: u8, temporal: u8) -> Option<Pick> {
    Some(Pick { layer, temporal })
}

#[track_caller]
fn check(estimate: impl Into<Option<u64>>, wishes: &[Wish<'_>], expected: &[Option<Pick>]) {
    assert_eq!(allocate(estimate.into(), 80_000, wishes).picks, expected);
}

#[test]
fn one_slot_climbs_with_its_network() {
    let layers = layers();
    let one = [wish(&layers)];
    check(None, &one, &[pick(2, ALL)]);
    check(10_000_000, &one, &[pick(2, ALL)]);
    check(1_999_999, &one, &[pick(1, ALL)]);
    check(600_000, &one, &[pick(1, ALL)]);
    check(500_000, &one, &[pick(0, ALL)]);
    check(180_000, &one, &[pick(0, 1)]);
    check(150_000, &one, &[pick(0, 0)]);
    check(0, &one, &[pick(0, 0)]); // the least is never taken away
}

#[test]
fn what_it_has_it_keeps_until_it_cannot_be_paid() {
    let layers = layers();
    let mut one = [wish(&layers)];
    one[0].now = pick(2, ALL);
    // Sound, and 85 % of the layer.
    check(1_440_000, &one, &[pick(2, ALL)]);
    check(1_439_999, &one, &[pick(1, ALL)]);
    one[0].now = pick(1, ALL);
    check(1_999_000, &one, &[pick(1, ALL)]);
    check(2_001_000, &one, &[pick(2, ALL)]);
}

#[test]
fn the_network_is_asked_for_what_would_show_more() {
    let layers = layers();
    let mut one = [wish(&layers)];
    assert_eq!(allocate(None, 80_000, &one).better, 0);
    assert_eq!(allocate(Some(9_000_000), 80_000, &one).better, 0);
    for (estimate, now) in [
        (700_000, pick(1, ALL)),
        (250_000, pick(0, ALL)),
        (60_000, pick(0, 0)),
    ] {
        one[0].now = now;
        let given = allocate(Some(estimate), 80_000, &one);
        assert_eq!(given.picks, [now]);
        let enough = allocate(Some(given.better), 80_000, &one);
        assert_ne!(enough.picks, [now], "{estimate}");
        let short = allocate(Some(given.better - 1), 80_000, &one);
        assert_eq!(short.picks, [now], "{estimate}");
    }
}

#[test]
fn all_pictures_before_a_good_one() {
    let layers = layers();
    let two = [wish(&layers), wish(&layers)];
    check(None, &two, &[pick(2, ALL), pick(2, ALL)]);
    check(300_000, &two, &[pick(0, ALL), pick(0, ALL)]);
    check(680_000, &two, &[pick(1, ALL), pick(0, ALL)]);
    check(150_000, &two, &[pick(0, 0), None]);
}

#[test]
fn nothing_larger_than_the_screen_shows_nothing_unseen() {
    let layers = layers();
    let mut one = [wish(&layers)];
    let sized = |height| Wanted {
        visible: true,
        height: Some(height),
    };
    for (height, layer) in [(1, 0), (200, 0), (201, 1), (400, 1), (401, 2), (2_160, 2)] {
        one[0].wanted = sized(height);
        check(None, &one, &[pick(layer, ALL)]);
        check(20_000_000, &one, &[pick(layer, ALL)]);
    }
    one[0].wanted.visible = false;
    check(None, &one, &[None]);
    // Unknown sizes do not limit.
    let mut unsized_layers = layers.clone();
    for layer in &mut unsized_layers {
        layer.size = None;
    }
    one = [wish(&unsized_layers)];
    one[0].wanted = sized(100);
    check(None, &one, &[pick(2, ALL)]);
}

#[test]
fn a_choice_by_hand_holds() {
    let layers = layers();
    let mut one = [wish(&layers)];
    let within = |width, height, temporal| LayerChoice::Within {
        width,
        height,
        temporal,
    };
    one[0].choice = within(None, Some(719), None);
    check(None, &one, &[pick(1, ALL)]);
    check(300_000, &one, &[pick(0, ALL)]);
    one[0].choice = within(Some(639), Some(720), None);
    check(None, &one, &[pick(0, ALL)]);
    // Nothing is small enough: the least there is.
    one[0].choice = within(Some(10), None, Some(1));
    check(None, &one, &[pick(0, 1)]);
    one[0].choice = within(None, None, Some(0));
    check(None, &one, &[pick(2, 0)]);
    one[0].choice = LayerChoice::Fixed {
        layer: 2,
        temporal: None,
    };
    check(100_000, &one, &[pick(2, ALL)]);
    // A layer of unknown size counts as too large, unless any size will do.
    let mut unknown = layers.clone();
    unknown[2].size = None;
    let mut blind = wish(&unknown);
    blind.choice = within(None, Some(9_999), None);
    check(None, &[blind.clone()], &[pick(1, ALL)]);
    blind.choice = within(None, None, None);
    check(None, &[blind], &[pick(2, ALL)]);
    // A neighbour is served from what it leaves.
    let two = [wish(&layers), one[0].clone()];
    check(1_850_000, &two, &[pick(0, ALL), pick(2, ALL)]);
}

#[test]
fn only_what_is_sent_or_can_be_had() {
    let mut layers = layers();
    layers[2].alive = false;
    check(None, &[wish(&layers)], &[pick(1, ALL)]);
    layers[2].resumable = true;
    check(None, &[wish(&layers)], &[pick(2, ALL)]);
    let mut fixed = wish(&layers);
    fixed.choice = LayerChoice::Fixed {
        layer: 1,
        temporal: None,
    };
    let mut without = layers.clone();
    without[1].alive = false;
    fixed.layers = &without;
    check(None, &[fixed], &[pick(0, ALL)]);
    check(None, &[wish(&[])], &[pick(0, ALL)]);
    check(1_000_000, &[wish(&[])], &[pick(0, ALL)]);
}

fn any_layers() -> impl Strategy<Value = Vec<LayerState>> {
    let layer = (any::<bool>(), 20_000u32..3_000_000, 0u8..3, 90u16..1_080);
    prop::collection::vec(layer, 0..4).prop_map(|layers| {
        let mut rates: Vec<u32> = layers.iter().map(|layer| layer.1).collect();
        rates.sort_unstable();
        let made = layers.into_iter().zip(rates);
        made.map(|((alive, _, temporal, height), rate)| LayerState {
            alive,
            rates: [rate / 2, rate / 4 * 3, rate, rate],
            temporal,
            size: Some((0, height)),
            ..LayerState::default()
        })
        .collect()
    })
}

fn cost(wishes: &[Wish<'_>], picks: &[Option<Pick>]) -> u64 {
    let paid = wishes.iter().zip(picks).map(|(wish, pick)| {
        let rungs = ladder(wish);
        let rung = rungs.iter().find(|rung| Some(rung.pick) == *pick);
        rung.map_or(0, |rung| rung.rate)
    });
    paid.sum()
}

proptest! {
    /// Sound and pictures together never cost more than there is, unless they are down to the
    /// least of one picture; only layers that can be had are given, and giving again what was given changes nothing.
    #[test]
    fn within_the_estimate_and_at_rest(
        slots in prop::collection::vec((any_layers(), any::<bool>(), proptest::option::of(1u16..1_200)), 1..5),
        estimate in 0u64..8_000_000,
        audio in 0u64..200_000,
    ) {
        let mut wishes: Vec<_> = slots.iter().map(|(layers, visible, height)| Wish {
            wanted: Wanted { visible: *visible, height: *height },
            ..wish(layers)
        }).collect();
        let given = allocate(Some(estimate), audio, &wishes).picks;
        let spent = cost(&wishes, &given);
        let least = given.iter().flatten().count() == 1
            && wishes.iter().any(|wish| ladder(wish).first().is_some_and(|rung| rung.rate == spent));
        prop_assert!(spent == 0 || least || spent + audio <= estimate);
        for (wish, pick) in wishes.iter().zip(&given) {
            if let Some(pick) = pick {
                prop_assert!(wish.wanted.visible);
                let any = wish.layers.iter().any(LayerState::is_available);
                let there = wish.layers.get(usize::from(pick.layer));
                prop_assert!(!any || there.is_some_and(LayerState::is_available));
            }
        }
        for (wish, pick) in wishes.iter_mut().zip(&given) {
            wish.now = *pick;
        }
        prop_assert_eq!(allocate(Some(estimate), audio, &wishes).picks, given);
    }

    /// An estimate that swings by 8 % either way takes nothing back.
    #[test]
    fn swings_do_not_flap(layers in any_layers(), middle in 0u64..4_000_000, swings in prop::collection::vec(92u64..=108, 2..20)) {
        let mut one = [wish(&layers)];
        for swing in swings {
            let given = allocate(Some(middle * swing / 100), 0, &one).picks;
            prop_assert!(cost(&one, &[one[0].now]) <= cost(&one, &given));
            one[0].now = given[0];
        }
    }

    /// More bandwidth never makes a single slot's picture worse.
    #[test]
    fn more_is_never_worse(layers in any_layers(), less in 0u64..4_000_000, extra in 0u64..4_000_000) {
        let one = [wish(&layers)];
        let (poor, rich) = (allocate(Some(less), 0, &one).picks, allocate(Some(less + extra), 0, &one).picks);
        prop_assert!(cost(&one, &poor) <= cost(&one, &rich));
    }
}
