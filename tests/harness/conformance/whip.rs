//! What only WHIP asks (RFC 9725).

use super::table::Expect::*;
use super::table::{At, Offer, Rule, offer, rules};

pub(super) const RULES: &[Rule] = rules! {
    must At::whip("RFC 9725 §4.2"), "the answer is recvonly":
        offer(Offer::Good) => [Status(201), EachMedia("a=recvonly")];
    must At::whip("RFC 9725 §4.2"), "also to an offer of sendrecv":
        offer(Offer::SendRecv) => [Status(201), EachMedia("a=recvonly")];
    should At::whip("RFC 9725 §4.2"), "an offer that only receives, or is inactive, is refused":
        offer(Offer::WrongWay) => [Refused],
        offer(Offer::Inactive) => [Refused];
    must At::whip("RFC 9725 §4.4.2"), "two video tracks are taken, or refused by 400 or 422":
        offer(Offer::TwoVideos) => [OneOf(&[201, 400, 422])];
    should At::whip("RFC 9725 §4.4.3"), "an m-line that cannot be taken makes the whole offer refused":
        offer(Offer::UnknownVideo) => [OneOf(&[400, 422])];
    must At::whip("RFC 9725 §4.4.4"), "an offer of setup:active is answered passive, or by 422",
        optional(&[422]):
        offer(Offer::SetupActive) => [EachMedia("a=setup:passive")];
};
