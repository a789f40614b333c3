//! What only WHIP asks (RFC 9725).

use super::table::Rule as R;
use super::table::{Ask, Auth, Expect as E, Offer, Rule, Step, step};

const fn offer(offer: Offer, expect: &'static [E]) -> Step {
    step(Ask::Offer(offer, "application/sdp", Auth::Given), expect)
}

pub(super) const RULES: &[Rule] = &[
    R::must(
        "RFC 9725 §4.2",
        "",
        "the answer is recvonly",
        &[offer(
            Offer::Good,
            &[E::Status(201), E::EachMedia("a=recvonly")],
        )],
    ),
    R::must(
        "RFC 9725 §4.2",
        "",
        "also to an offer of sendrecv",
        &[offer(
            Offer::SendRecv,
            &[E::Status(201), E::EachMedia("a=recvonly")],
        )],
    ),
    R::should(
        "RFC 9725 §4.2",
        "",
        "an offer that only receives, or is inactive, is refused",
        &[
            offer(Offer::WrongWay, &[E::Refused]),
            offer(Offer::Inactive, &[E::Refused]),
        ],
    ),
    R::must(
        "RFC 9725 §4.4.2",
        "",
        "two video tracks are taken, or refused by 400 or 422",
        &[offer(Offer::TwoVideos, &[E::OneOf(&[201, 400, 422])])],
    ),
    R::should(
        "RFC 9725 §4.4.3",
        "",
        "an m-line that cannot be taken makes the whole offer refused",
        &[offer(Offer::UnknownVideo, &[E::OneOf(&[400, 422])])],
    ),
    R::must(
        "RFC 9725 §4.4.4",
        "",
        "an offer of setup:active is answered passive, or by 422",
        &[offer(
            Offer::SetupActive,
            &[E::EachMedia("a=setup:passive")],
        )],
    )
    .optional(&[422]),
];
