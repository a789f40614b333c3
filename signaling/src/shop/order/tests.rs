//! The whole table of the machine, and its laws under any sequence of wishes.

use OrderState::{Cancelled, Confirmed, Expired, Paid, Pending, Refunded, Refunding, Reserved};
use Step::{Move, Refuse, Short, Stay};
use Wish::{Cancel, Charge, Confirm, Expire, Proceed, Refund, Settle, Withdraw};
use proptest::prelude::*;

use super::*;

const STATES: [OrderState; 8] = [
    Reserved, Pending, Confirmed, Paid, Refunding, Refunded, Cancelled, Expired,
];
const WISHES: [Wish; 8] = [
    Confirm, Proceed, Charge, Settle, Refund, Cancel, Withdraw, Expire,
];

const GOOD: Facts = Facts {
    is_over: false,
    can_sell: true,
};

/// In time and with pieces: a row for each state, a column for each of the wishes above.
#[rustfmt::skip]
const TABLE: [(OrderState, [Step; 8]); 8] = {
    [
        (Reserved, [
            Move(Confirmed), Move(Pending), Move(Paid), Refuse(Reserved), Refuse(Reserved),
            Move(Cancelled), Move(Cancelled), Stay,
        ]),
        (Pending, [
            Move(Confirmed), Stay, Move(Paid), Refuse(Pending), Refuse(Pending),
            Move(Cancelled), Move(Cancelled), Stay,
        ]),
        (Confirmed, [
            Stay, Stay, Move(Paid), Move(Paid), Refuse(Confirmed),
            Refuse(Confirmed), Move(Cancelled), Stay,
        ]),
        (Paid, [
            Stay, Stay, Stay, Stay, Move(Refunded),
            Refuse(Paid), Move(Refunding), Stay,
        ]),
        (Refunding, [
            Refuse(Refunding), Refuse(Refunding), Stay, Refuse(Refunding), Move(Refunded),
            Refuse(Refunding), Stay, Stay,
        ]),
        (Refunded, [
            Refuse(Refunded), Refuse(Refunded), Stay, Refuse(Refunded), Stay,
            Refuse(Refunded), Stay, Stay,
        ]),
        (Cancelled, [
            Refuse(Cancelled), Refuse(Cancelled), Move(Refunding), Refuse(Cancelled), Refuse(Cancelled),
            Stay, Stay, Stay,
        ]),
        (Expired, [
            Refuse(Expired), Refuse(Expired), Move(Paid), Refuse(Expired), Refuse(Expired),
            Stay, Stay, Stay,
        ]),
    ]
};

#[test]
fn every_state_and_wish_has_one_answer() {
    for (state, row) in TABLE {
        for (wish, answer) in WISHES.into_iter().zip(row) {
            assert_eq!(step(state, GOOD, wish), answer, "{state:?} {wish:?}");
        }
    }
}

#[test]
fn what_is_over_or_gone_is_answered_otherwise_only_here() {
    let over = Facts {
        is_over: true,
        ..GOOD
    };
    let gone = Facts {
        can_sell: false,
        ..GOOD
    };
    let lapses = |wish| matches!(wish, Confirm | Proceed | Expire);
    for state in STATES {
        for wish in WISHES {
            let usual = step(state, GOOD, wish);
            let late = if is_open(state) && lapses(wish) {
                Move(Expired)
            } else {
                usual
            };
            assert_eq!(
                step(state, over, wish),
                late,
                "{state:?} {wish:?} when over"
            );
            let short = match (state, wish) {
                (Reserved, Confirm | Proceed) | (Pending, Confirm) => Short,
                (Reserved | Pending | Expired, Charge) => Move(Refunding),
                _ => usual,
            };
            assert_eq!(
                step(state, gone, wish),
                short,
                "{state:?} {wish:?} when gone"
            );
        }
    }
}

#[test]
fn only_a_sale_or_a_hold_has_pieces() {
    for state in STATES {
        let is_sale = matches!(state, Confirmed | Paid);
        for mode in [HoldMode::Hold, HoldMode::FirstPaid] {
            let held = is_open(state) && mode == HoldMode::Hold;
            let expected = match (is_sale, held) {
                (true, _) => Stake::Sold,
                (_, true) => Stake::Held,
                _ => Stake::None,
            };
            assert_eq!(stake(state, mode), expected, "{state:?} {mode:?}");
        }
    }
}

proptest! {
    /// Whatever happens, in whatever order and however late: what was sold is sold by a wish that
    /// may sell and only while there are pieces; money that came is in a sale or on its way back;
    /// and what has ended comes back to life only by money.
    #[test]
    fn a_life_keeps_the_laws(
        wishes in prop::collection::vec(
            (prop::sample::select(WISHES.to_vec()), 0..600_u64, any::<bool>()), 0..16),
    ) {
        let (mut state, mut now, mut has_paid) = (Reserved, 0, false);
        for (wish, later, can_sell) in wishes {
            now += later;
            let (before, facts) = (state, Facts { is_over: now >= 1_000, can_sell });
            match step(state, facts, wish) {
                Step::Move(to) => {
                    let was_sold = matches!(before, Confirmed | Paid);
                    if matches!(to, Confirmed | Paid) && !was_sold {
                        prop_assert!(can_sell && matches!(wish, Confirm | Charge));
                        prop_assert!(wish == Charge || now < 1_000);
                    }
                    if matches!(before, Cancelled | Expired) {
                        prop_assert_eq!(wish, Charge);
                    }
                    prop_assert_ne!(before, Refunded);
                    state = to;
                }
                Step::Stay => {}
                Step::Short => prop_assert!(!can_sell),
                Step::Refuse(told) => prop_assert_eq!(told, before),
            }
            has_paid |= wish == Charge || (wish == Settle && state == Paid);
            prop_assert_eq!(has_paid, matches!(state, Paid | Refunding | Refunded));
        }
    }
}

#[test]
fn ids_are_long_enough_and_not_logged() {
    let id = OrderId::from_random(u128::MAX);
    assert_eq!(id.as_str().len(), 22);
    assert!(!format!("{id:?}").contains(id.as_str()));
}
