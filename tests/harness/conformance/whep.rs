//! What only WHEP asks: draft-ietf-wish-whep-03, and its core extensions where a server offers
//! them.

use super::table::Expect::*;
use super::table::{Ask, At, Body, Offer, Rule, Tag, offer, rules};

const SDP: &str = "application/sdp";
const EVENTS: &str = "urn:ietf:params:whep:ext:core:server-sent-events";
const LAYER: &str = "urn:ietf:params:whep:ext:core:layer";

/// By which a server says that it makes no offers of its own.
const NO_COUNTER_OFFER: &[u16] = &[201, 400, 403, 409, 415, 422];

const SETUP: At = At::whep("WHEP §4.2.5");
const ONE_STREAM: At = At::whep("WHEP §4.5.2");
const COUNTER_OFFER: At = At::whep("WHEP §4.2.2");
const EXT_EVENTS: At = At::whep("WHEP ext. §4");
const EXT_LAYER: At = At::whep("WHEP ext. §5");

const OPEN: Ask = offer(Offer::Good);

const fn answer(body: Body) -> Ask {
    Ask::Patch(Tag::None, SDP, body)
}

const fn choose(layer: &'static str) -> Ask {
    Ask::Linked(LAYER, "POST", layer)
}

pub(super) const RULES: &[Rule] = rules! {
    should At::whep("WHEP §4.2"), "HEAD on the endpoint answers 200 and application/sdp":
        Ask::Endpoint("HEAD") => [Status(200), MediaType(SDP)];
    must SETUP, "the answer is sendonly":
        OPEN => [Status(201), EachMedia("a=sendonly")];
    must SETUP, "also to an offer of sendrecv":
        offer(Offer::SendRecv) => [Status(201), EachMedia("a=sendonly")];
    should SETUP, "an offer that only sends, or is inactive, is refused":
        offer(Offer::WrongWay) => [Refused],
        offer(Offer::Inactive) => [Refused];
    must ONE_STREAM, "all m-lines are of one MediaStream":
        OPEN => [Status(201), OneStream];
    should ONE_STREAM, "two video tracks are not accepted":
        offer(Offer::TwoVideos) => [Refused];

    // Counter-offer.
    must COUNTER_OFFER, "406 brings an offer of the server and a Location",
        optional(NO_COUNTER_OFFER):
        offer(Offer::OnlyUnknown) => [
            Status(406),
            MediaType(SDP),
            ValidUntil,
            Has("location"),
            EachMedia("a=sendonly"),
            EachMedia("a=setup:actpass"),
            Candidates,
            OneStream,
        ];
    must COUNTER_OFFER, "the player's answer to it answers 204", optional(NO_COUNTER_OFFER):
        offer(Offer::OnlyUnknown) => [Status(406)],
        answer(Body::Answer) => [Status(204), Empty],
        Ask::Session("DELETE", Tag::None) => [Status(200)];
    must COUNTER_OFFER, "an answer that is no SDP is refused, and a better one taken",
        optional(NO_COUNTER_OFFER):
        offer(Offer::OnlyUnknown) => [Status(406)],
        answer(Body::Junk) => [OneOf(&[400, 406, 422])],
        answer(Body::Answer) => [Status(204)];
    should COUNTER_OFFER, "an offer not yet answered can be declined", optional(NO_COUNTER_OFFER):
        offer(Offer::OnlyUnknown) => [Status(406)],
        Ask::Session("DELETE", Tag::None) => [Class(2)],
        answer(Body::Answer) => [OneOf(&[404, 410])];

    // Extensions.
    must EXT_EVENTS, "POST makes an event stream, GET reads it, DELETE ends it":
        OPEN => [Status(201)],
        Ask::Linked(EVENTS, "POST", "[\"active\",\"viewercount\"]") => [
            Status(201),
            Has("location"),
        ],
        Ask::Followed("GET") => [Status(200), MediaType("text/event-stream")],
        Ask::Followed("DELETE") => [Class(2)],
        Ask::Followed("GET") => [Status(404)];
    must EXT_EVENTS, "event streams end with their session":
        OPEN => [Status(201)],
        Ask::Linked(EVENTS, "POST", "") => [Status(201)],
        Ask::Session("DELETE", Tag::None) => [Class(2)],
        Ask::Followed("GET") => [Status(404)];
    must EXT_LAYER, "a choice without constraints is the server's own":
        OPEN => [Status(201)],
        choose("{}") => [Status(200)];
    must EXT_LAYER, "a layer of an m-line or encoding that is not there is refused":
        OPEN => [Status(201)],
        choose("{\"mediaId\":\"17\"}") => [Refused],
        choose("{\"rid\":\"nobody-has-this\"}") => [Refused];
    should EXT_LAYER, "a choice that is no JSON object is refused":
        OPEN => [Status(201)],
        choose("{") => [Refused],
        choose("[]") => [Refused];
    must EXT_LAYER, "who lets layers be chosen has the event that tells of them":
        OPEN => [Status(201)],
        choose("{}") => [Status(200)],
        Ask::Linked(EVENTS, "POST", "[\"layers\"]") => [Status(201), Has("location")];
};
