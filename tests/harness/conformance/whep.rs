//! What only WHEP asks: draft-ietf-wish-whep-03, and its core extensions where a server offers
//! them.

use super::table::Rule as R;
use super::table::{Ask, Auth, Body, Expect as E, Offer, Rule, Step, Tag, step};

const SDP: &str = "application/sdp";
const EVENTS: &str = "urn:ietf:params:whep:ext:core:server-sent-events";
const LAYER: &str = "urn:ietf:params:whep:ext:core:layer";

/// By which a server says that it makes no offers of its own.
const NO_COUNTER_OFFER: &[u16] = &[201, 400, 403, 409, 415, 422];

const OPEN: Step = step(Ask::Offer(Offer::Good, SDP, Auth::Given), &[E::Status(201)]);

const fn offer(offer: Offer, expect: &'static [E]) -> Step {
    step(Ask::Offer(offer, SDP, Auth::Given), expect)
}

pub(super) const RULES: &[Rule] = &[
    R::should(
        "",
        "WHEP §4.2",
        "HEAD on the endpoint answers 200 and application/sdp",
        &[step(
            Ask::Endpoint("HEAD"),
            &[E::Status(200), E::MediaType(SDP)],
        )],
    ),
    R::must(
        "",
        "WHEP §4.2.5",
        "the answer is sendonly",
        &[offer(
            Offer::Good,
            &[E::Status(201), E::EachMedia("a=sendonly")],
        )],
    ),
    R::must(
        "",
        "WHEP §4.2.5",
        "also to an offer of sendrecv",
        &[offer(
            Offer::SendRecv,
            &[E::Status(201), E::EachMedia("a=sendonly")],
        )],
    ),
    R::should(
        "",
        "WHEP §4.2.5",
        "an offer that only sends, or is inactive, is refused",
        &[
            offer(Offer::WrongWay, &[E::Refused]),
            offer(Offer::Inactive, &[E::Refused]),
        ],
    ),
    R::must(
        "",
        "WHEP §4.5.2",
        "all m-lines are of one MediaStream",
        &[offer(Offer::Good, &[E::Status(201), E::OneStream])],
    ),
    R::should(
        "",
        "WHEP §4.5.2",
        "two video tracks are not accepted",
        &[offer(Offer::TwoVideos, &[E::Refused])],
    ),
    // Counter-offer.
    R::must(
        "",
        "WHEP §4.2.2",
        "406 brings an offer of the server and a Location",
        &[offer(
            Offer::OnlyUnknown,
            &[
                E::Status(406),
                E::MediaType(SDP),
                E::ValidUntil,
                E::Has("location"),
                E::EachMedia("a=sendonly"),
                E::EachMedia("a=setup:actpass"),
                E::Candidates,
                E::OneStream,
            ],
        )],
    )
    .optional(NO_COUNTER_OFFER),
    R::must(
        "",
        "WHEP §4.2.2",
        "the player's answer to it answers 204",
        &[
            offer(Offer::OnlyUnknown, &[E::Status(406)]),
            step(
                Ask::Patch(Tag::None, SDP, Body::Answer),
                &[E::Status(204), E::Empty],
            ),
            step(Ask::Session("DELETE", Tag::None), &[E::Status(200)]),
        ],
    )
    .optional(NO_COUNTER_OFFER),
    R::must(
        "",
        "WHEP §4.2.2",
        "an answer that is no SDP is refused, and a better one taken",
        &[
            offer(Offer::OnlyUnknown, &[E::Status(406)]),
            step(
                Ask::Patch(Tag::None, SDP, Body::Junk),
                &[E::OneOf(&[400, 406, 422])],
            ),
            step(Ask::Patch(Tag::None, SDP, Body::Answer), &[E::Status(204)]),
        ],
    )
    .optional(NO_COUNTER_OFFER),
    R::should(
        "",
        "WHEP §4.2.2",
        "an offer not yet answered can be declined",
        &[
            offer(Offer::OnlyUnknown, &[E::Status(406)]),
            step(Ask::Session("DELETE", Tag::None), &[E::Class(2)]),
            step(
                Ask::Patch(Tag::None, SDP, Body::Answer),
                &[E::OneOf(&[404, 410])],
            ),
        ],
    )
    .optional(NO_COUNTER_OFFER),
    // Extensions.
    R::must(
        "",
        "WHEP ext. §4",
        "POST makes an event stream, GET reads it, DELETE ends it",
        &[
            OPEN,
            step(
                Ask::Linked(EVENTS, "POST", "[\"active\",\"viewercount\"]"),
                &[E::Status(201), E::Has("location")],
            ),
            step(
                Ask::Followed("GET"),
                &[E::Status(200), E::MediaType("text/event-stream")],
            ),
            step(Ask::Followed("DELETE"), &[E::Class(2)]),
            step(Ask::Followed("GET"), &[E::Status(404)]),
        ],
    ),
    R::must(
        "",
        "WHEP ext. §4",
        "event streams end with their session",
        &[
            OPEN,
            step(Ask::Linked(EVENTS, "POST", ""), &[E::Status(201)]),
            step(Ask::Session("DELETE", Tag::None), &[E::Class(2)]),
            step(Ask::Followed("GET"), &[E::Status(404)]),
        ],
    ),
    R::must(
        "",
        "WHEP ext. §5",
        "a choice without constraints is the server's own",
        &[
            OPEN,
            step(Ask::Linked(LAYER, "POST", "{}"), &[E::Status(200)]),
        ],
    ),
];
