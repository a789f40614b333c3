//! What WHIP and WHEP have in common. Sections are those of RFC 9725 and of
//! draft-ietf-wish-whep-03, or of the RFC they lean on.

use super::table::Expect::*;
use super::table::{Ask, At, Auth, Body, Offer, Place, Rule, Tag, offer, patch, rules};

const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// By which a server says that it does without trickle or restart (RFC 9725 §4.3.1).
const NO_PATCH: &[u16] = &[405, 422, 501];

const HTTP: At = At("RFC 9725 §4.1", "WHEP §4.1");
const SETUP: At = At("RFC 9725 §4.2", "WHEP §4.2.1");
const BAD_OFFER: At = At("RFC 9725 §4.2", "WHEP §4.2.4");
const END: At = At("RFC 9725 §4.2", "WHEP §4.3");
const PATCH: At = At("RFC 9725 §4.3.1", "WHEP §4.4.1");
const TRICKLE: At = At("RFC 9725 §4.3.2", "WHEP §4.4.2");
const RESTART: At = At("RFC 9725 §4.3.3", "WHEP §4.4.3");
const BUNDLE: At = At("RFC 9725 §4.4.1", "WHEP §4.5.1");
const DTLS: At = At("RFC 9725 §4.4.4", "RFC 8842 §5.3");
const ICE_SERVERS: At = At("RFC 9725 §4.6", "WHEP §4.7");
const TOKENS: At = At("RFC 9725 §4.7.1", "WHEP §4.8.1");
const SECURITY: At = At("RFC 9725 §5", "WHEP §5");

const OPEN: Ask = offer(Offer::Good);

/// An offer under another media type.
const fn typed(media_type: &'static str) -> Ask {
    Ask::Offer(Offer::Good, media_type, Auth::Given)
}

/// A good offer with this authorization.
const fn by(auth: Auth) -> Ask {
    Ask::Offer(Offer::Good, SDP, auth)
}

const fn session(method: &'static str) -> Ask {
    Ask::Session(method, Tag::None)
}

pub(super) const RULES: &[Rule] = rules! {
    must HTTP, "GET on the endpoint answers 2xx without content":
        Ask::Endpoint("GET") => [Class(2), Empty];
    should At::both("RFC 9110 §15.5.6"), "another method answers 405 with Allow":
        Ask::Endpoint("PUT") => [Status(405), Has("allow")];
    should END, "OPTIONS answers 200 and says what can be posted":
        Ask::Endpoint("OPTIONS") => [Status(200), Lists("accept-post", &[SDP])];
    must END, "a preflight of the endpoint needs no token":
        Ask::Preflight("POST", Place::Endpoint) => [
            Class(2),
            Has("access-control-allow-origin"),
            Lists("access-control-allow-methods", &["post"]),
            Contains("access-control-allow-headers", "authorization"),
            Contains("access-control-allow-headers", "content-type"),
        ];
    should ICE_SERVERS, "a preflight names no ICE server":
        Ask::Preflight("POST", Place::Endpoint) => [Lacks("link")];
    must END, "a preflight of the session allows PATCH and DELETE":
        OPEN => [Status(201)],
        Ask::Preflight("PATCH", Place::Session) => [
            Class(2),
            Has("access-control-allow-origin"),
            Lists("access-control-allow-methods", &["patch", "delete"]),
            Contains("access-control-allow-headers", "if-match"),
        ];

    // Offer and answer.
    must SETUP, "an offer answers 201 with SDP and a Location":
        OPEN => [Status(201), MediaType(SDP), Has("location")];
    must SETUP, "a page of another origin may read Location, ETag and Link":
        OPEN => [
            Has("access-control-allow-origin"),
            Lists("access-control-expose-headers", &["location", "etag", "link"]),
        ];
    must At::both("RFC 9110 §8.3.1"), "case and parameters of the media type are tolerated":
        typed("Application/SDP; charset=utf-8") => [Status(201)];
    must BAD_OFFER, "another media type is refused":
        typed("application/json") => [Refused];
    should At::both("RFC 9110 §15.5.16"), "and by 415":
        typed("application/json") => [Status(415)];
    must BAD_OFFER, "what is no SDP is refused":
        offer(Offer::Junk) => [Refused],
        offer(Offer::Empty) => [Refused];
    should At::both("RFC 9110 §8.3"), "a refusal is not labelled as SDP":
        offer(Offer::Junk) => [Refused, OneOf(&[400, 422])],
        offer(Offer::Junk) => [Lacks("location"), Lacks("etag")];
    must TRICKLE, "the answer holds the server's candidates":
        OPEN => [Status(201), Candidates];
    must TRICKLE, "an offer without candidates is answered":
        offer(Offer::NoCandidates) => [Status(201), Candidates];
    must BUNDLE, "the answer bundles every m-line and rejects none":
        OPEN => [Status(201), WholeBundle, EachMedia("a=rtcp-mux")];
    must BUNDLE, "every m-line of the answer has rtcp-mux-only":
        OPEN => [Status(201), EachMedia("a=rtcp-mux-only")];
    must DTLS, "the answer decides who is DTLS client":
        OPEN => [Status(201), SetupDecided];

    // The session and its URL.
    must HTTP, "GET on the session answers 2xx without content":
        OPEN => [Status(201)],
        session("GET") => [Class(2), Empty];
    should SECURITY, "session URLs are unguessable":
        OPEN => [Status(201), Unguessable],
        OPEN => [Status(201), Unguessable];
    should At::both("RFC 9110 §15.5.6"), "another method on the session answers 405 with Allow":
        OPEN => [Status(201)],
        session("PUT") => [Status(405), Has("allow")];
    must END, "DELETE answers 200 and the session is gone":
        OPEN => [Status(201)],
        session("DELETE") => [Status(200)],
        session("GET") => [OneOf(&[404, 410])];
    should At::both("RFC 9110 §15.5.5"), "a second DELETE answers 404":
        OPEN => [Status(201)],
        session("DELETE") => [Class(2)],
        session("DELETE") => [OneOf(&[404, 410])];
    must PATCH, "DELETE ignores an entity tag":
        OPEN => [Status(201)],
        Ask::Session("DELETE", Tag::Unknown) => [Status(200)];

    // PATCH.
    must PATCH, "201 has a strong entity tag":
        OPEN => [Status(201), StrongTag],
        OPEN => [Status(201), NewTag];
    must PATCH, "PATCH without If-Match answers 428", optional(NO_PATCH):
        OPEN => [Status(201)],
        patch(Tag::None, Body::Candidates) => [Status(428)];
    must PATCH, "PATCH with another entity tag answers 412", optional(NO_PATCH):
        OPEN => [Status(201)],
        patch(Tag::Unknown, Body::Candidates) => [Status(412)];
    must At::both("RFC 9110 §13.1.1"), "a weak entity tag matches nothing", optional(NO_PATCH):
        OPEN => [Status(201)],
        patch(Tag::Weak, Body::Candidates) => [Status(412)];
    must PATCH, "PATCH of another media type is refused":
        OPEN => [Status(201)],
        Ask::Patch(Tag::Current, "application/json", Body::Candidates) => [Refused];
    should At::both("RFC 5789 §2.2"), "and by 415 with Accept-Patch":
        OPEN => [Status(201)],
        Ask::Patch(Tag::Current, "application/json", Body::Candidates) => [
            Status(415),
            Lists("accept-patch", &[FRAGMENT]),
        ];
    must PATCH, "what is no fragment is refused":
        OPEN => [Status(201)],
        patch(Tag::Current, Body::Junk) => [Refused];
    must TRICKLE, "candidates answer 204 without entity tag", optional(NO_PATCH):
        OPEN => [Status(201)],
        patch(Tag::Current, Body::Candidates) => [Status(204), Lacks("etag"), Empty];
    must TRICKLE, "candidates of no use are passed over", optional(NO_PATCH):
        OPEN => [Status(201)],
        patch(Tag::Current, Body::UselessCandidates) => [Status(204)];

    // ICE restart.
    must RESTART, "a restart answers 200 with credentials and a new tag", optional(NO_PATCH):
        OPEN => [Status(201)],
        patch(Tag::Any, Body::Restart) => [Status(200), MediaType(FRAGMENT), NewTag, Fragment];
    must RESTART, "after it the old entity tag is stale, the new one good", optional(NO_PATCH):
        OPEN => [Status(201)],
        patch(Tag::Any, Body::Restart) => [Status(200)],
        patch(Tag::First, Body::Candidates) => [Status(412)],
        patch(Tag::Current, Body::Candidates) => [Status(204)];
    must RESTART, "other credentials are a restart under the session's tag, too", optional(NO_PATCH):
        OPEN => [Status(201)],
        patch(Tag::Current, Body::Restart) => [Status(200), NewTag];
    should RESTART, "If-Match in quotes, as the examples have it, is `*`", optional(NO_PATCH):
        OPEN => [Status(201)],
        patch(Tag::QuotedAny, Body::Restart) => [Status(200)];
    must RESTART, "a failed restart does not end the session", optional(&[405, 501]):
        OPEN => [Status(201)],
        patch(Tag::Any, Body::Junk) => [Refused],
        session("GET") => [Class(2)],
        patch(Tag::Current, Body::Candidates) => [Status(204)];

    // Tokens.
    must TOKENS, "no token answers 401 with a Bearer challenge", with_token(), optional(&[201]):
        by(Auth::None) => [Status(401), Contains("www-authenticate", "bearer ")];
    must At::both("RFC 6750 §3.1"), "a wrong token answers 401 invalid_token",
        with_token(), optional(&[201]):
        by(Auth::Wrong) => [Status(401), Contains("www-authenticate", "error=\"invalid_token\"")];
    should At::both("RFC 6750 §3.1"), "a header without a token answers 400 invalid_request",
        with_token(), optional(&[201]):
        by(Auth::Bare) => [Status(400), Contains("www-authenticate", "error=\"invalid_request\"")];
    should At::both("RFC 6750 §3.1"), "another scheme answers 401 without an error code",
        with_token(), optional(&[201]):
        by(Auth::Basic) => [Status(401), Contains("www-authenticate", "bearer ")];
    must At::both("RFC 9110 §11.1"), "the scheme's case does not matter", with_token():
        by(Auth::LowerCase) => [Status(201)];
    must ICE_SERVERS, "ICE servers, if any, are told by well-formed Links":
        OPEN => [Status(201), IceLinks];
};
