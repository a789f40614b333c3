//! What WHIP and WHEP have in common. Sections are those of RFC 9725 and of
//! draft-ietf-wish-whep-03, or of the RFC they lean on.

use super::table::Rule as R;
use super::table::{Ask, Auth, Body, Expect as E, Offer, Place, Rule, Step, Tag, step};

const SDP: &str = "application/sdp";
const FRAGMENT: &str = "application/trickle-ice-sdpfrag";

/// By which a server says that it does without trickle or restart (RFC 9725 §4.3.1).
const NO_PATCH: &[u16] = &[405, 422, 501];

const OPEN: Step = step(Ask::Offer(Offer::Good, SDP, Auth::Given), &[E::Status(201)]);

const fn offer(offer: Offer, expect: &'static [E]) -> Step {
    step(Ask::Offer(offer, SDP, Auth::Given), expect)
}

const fn patch(tag: Tag, body: Body, expect: &'static [E]) -> Step {
    step(Ask::Patch(tag, FRAGMENT, body), expect)
}

pub(super) const RULES: &[Rule] = &[
    // Endpoint.
    R::must(
        "RFC 9725 §4.1",
        "WHEP §4.1",
        "GET on the endpoint answers 2xx without content",
        &[step(Ask::Endpoint("GET"), &[E::Class(2), E::Empty])],
    ),
    R::should(
        "RFC 9110 §15.5.6",
        "RFC 9110 §15.5.6",
        "another method answers 405 with Allow",
        &[step(
            Ask::Endpoint("PUT"),
            &[E::Status(405), E::Has("allow")],
        )],
    ),
    R::should(
        "RFC 9725 §4.2",
        "WHEP §4.3",
        "OPTIONS answers 200 and says what can be posted",
        &[step(
            Ask::Endpoint("OPTIONS"),
            &[E::Status(200), E::Lists("accept-post", &[SDP])],
        )],
    ),
    R::must(
        "RFC 9725 §4.2",
        "WHEP §4.3",
        "a preflight of the endpoint needs no token",
        &[step(
            Ask::Preflight("POST", Place::Endpoint),
            &[
                E::Class(2),
                E::Has("access-control-allow-origin"),
                E::Lists("access-control-allow-methods", &["post"]),
                E::Contains("access-control-allow-headers", "authorization"),
                E::Contains("access-control-allow-headers", "content-type"),
            ],
        )],
    ),
    R::should(
        "RFC 9725 §4.6",
        "WHEP §4.7",
        "a preflight names no ICE server",
        &[step(
            Ask::Preflight("POST", Place::Endpoint),
            &[E::Lacks("link")],
        )],
    ),
    R::must(
        "RFC 9725 §4.2",
        "WHEP §4.3",
        "a preflight of the session allows PATCH and DELETE",
        &[
            OPEN,
            step(
                Ask::Preflight("PATCH", Place::Session),
                &[
                    E::Class(2),
                    E::Has("access-control-allow-origin"),
                    E::Lists("access-control-allow-methods", &["patch", "delete"]),
                    E::Contains("access-control-allow-headers", "if-match"),
                ],
            ),
        ],
    ),
    // Offer and answer.
    R::must(
        "RFC 9725 §4.2",
        "WHEP §4.2.1",
        "an offer answers 201 with SDP and a Location",
        &[offer(
            Offer::Good,
            &[E::Status(201), E::MediaType(SDP), E::Has("location")],
        )],
    ),
    R::must(
        "RFC 9725 §4.2",
        "WHEP §4.2.1",
        "a page of another origin may read Location, ETag and Link",
        &[offer(
            Offer::Good,
            &[
                E::Has("access-control-allow-origin"),
                E::Lists(
                    "access-control-expose-headers",
                    &["location", "etag", "link"],
                ),
            ],
        )],
    ),
    R::must(
        "RFC 9110 §8.3.1",
        "RFC 9110 §8.3.1",
        "case and parameters of the media type are tolerated",
        &[step(
            Ask::Offer(Offer::Good, "Application/SDP; charset=utf-8", Auth::Given),
            &[E::Status(201)],
        )],
    ),
    R::must(
        "RFC 9725 §4.2",
        "WHEP §4.2.4",
        "another media type is refused",
        &[step(
            Ask::Offer(Offer::Good, "application/json", Auth::Given),
            &[E::Refused],
        )],
    ),
    R::should(
        "RFC 9110 §15.5.16",
        "RFC 9110 §15.5.16",
        "and by 415",
        &[step(
            Ask::Offer(Offer::Good, "application/json", Auth::Given),
            &[E::Status(415)],
        )],
    ),
    R::must(
        "RFC 9725 §4.2",
        "WHEP §4.2.4",
        "what is no SDP is refused",
        &[
            offer(Offer::Junk, &[E::Refused]),
            offer(Offer::Empty, &[E::Refused]),
        ],
    ),
    R::should(
        "RFC 9110 §8.3",
        "RFC 9110 §8.3",
        "a refusal is not labelled as SDP",
        &[
            offer(Offer::Junk, &[E::Refused, E::OneOf(&[400, 422])]),
            offer(Offer::Junk, &[E::Lacks("location"), E::Lacks("etag")]),
        ],
    ),
    R::must(
        "RFC 9725 §4.3.2",
        "WHEP §4.4.2",
        "the answer holds the server's candidates",
        &[offer(Offer::Good, &[E::Status(201), E::Candidates])],
    ),
    R::must(
        "RFC 9725 §4.3.2",
        "WHEP §4.4.2",
        "an offer without candidates is answered",
        &[offer(Offer::NoCandidates, &[E::Status(201), E::Candidates])],
    ),
    R::must(
        "RFC 9725 §4.4.1",
        "WHEP §4.5.1",
        "the answer bundles every m-line and rejects none",
        &[offer(
            Offer::Good,
            &[E::Status(201), E::WholeBundle, E::EachMedia("a=rtcp-mux")],
        )],
    ),
    R::must(
        "RFC 9725 §4.4.1",
        "WHEP §4.5.1",
        "every m-line of the answer has rtcp-mux-only",
        &[offer(
            Offer::Good,
            &[E::Status(201), E::EachMedia("a=rtcp-mux-only")],
        )],
    ),
    R::must(
        "RFC 9725 §4.4.4",
        "RFC 8842 §5.3",
        "the answer decides who is DTLS client",
        &[offer(Offer::Good, &[E::Status(201), E::SetupDecided])],
    ),
    // The session and its URL.
    R::must(
        "RFC 9725 §4.1",
        "WHEP §4.1",
        "GET on the session answers 2xx without content",
        &[
            OPEN,
            step(Ask::Session("GET", Tag::None), &[E::Class(2), E::Empty]),
        ],
    ),
    R::should(
        "RFC 9725 §5",
        "WHEP §5",
        "session URLs are unguessable",
        &[
            offer(Offer::Good, &[E::Status(201), E::Unguessable]),
            offer(Offer::Good, &[E::Status(201), E::Unguessable]),
        ],
    ),
    R::should(
        "RFC 9110 §15.5.6",
        "RFC 9110 §15.5.6",
        "another method on the session answers 405 with Allow",
        &[
            OPEN,
            step(
                Ask::Session("PUT", Tag::None),
                &[E::Status(405), E::Has("allow")],
            ),
        ],
    ),
    R::must(
        "RFC 9725 §4.2",
        "WHEP §4.3",
        "DELETE answers 200 and the session is gone",
        &[
            OPEN,
            step(Ask::Session("DELETE", Tag::None), &[E::Status(200)]),
            step(Ask::Session("GET", Tag::None), &[E::OneOf(&[404, 410])]),
        ],
    ),
    R::should(
        "RFC 9110 §15.5.5",
        "RFC 9110 §15.5.5",
        "a second DELETE answers 404",
        &[
            OPEN,
            step(Ask::Session("DELETE", Tag::None), &[E::Class(2)]),
            step(Ask::Session("DELETE", Tag::None), &[E::OneOf(&[404, 410])]),
        ],
    ),
    R::must(
        "RFC 9725 §4.3.1",
        "WHEP §4.4.1",
        "DELETE ignores an entity tag",
        &[
            OPEN,
            step(Ask::Session("DELETE", Tag::Unknown), &[E::Status(200)]),
        ],
    ),
    // PATCH.
    R::must(
        "RFC 9725 §4.3.1",
        "WHEP §4.4.1",
        "201 has a strong entity tag",
        &[
            offer(Offer::Good, &[E::Status(201), E::StrongTag]),
            offer(Offer::Good, &[E::Status(201), E::NewTag]),
        ],
    ),
    R::must(
        "RFC 9725 §4.3.1",
        "WHEP §4.4.1",
        "PATCH without If-Match answers 428",
        &[OPEN, patch(Tag::None, Body::Candidates, &[E::Status(428)])],
    )
    .optional(NO_PATCH),
    R::must(
        "RFC 9725 §4.3.1",
        "WHEP §4.4.1",
        "PATCH with another entity tag answers 412",
        &[
            OPEN,
            patch(Tag::Unknown, Body::Candidates, &[E::Status(412)]),
        ],
    )
    .optional(NO_PATCH),
    R::must(
        "RFC 9110 §13.1.1",
        "RFC 9110 §13.1.1",
        "a weak entity tag matches nothing",
        &[OPEN, patch(Tag::Weak, Body::Candidates, &[E::Status(412)])],
    )
    .optional(NO_PATCH),
    R::must(
        "RFC 9725 §4.3.1",
        "WHEP §4.4.1",
        "PATCH of another media type is refused",
        &[
            OPEN,
            step(
                Ask::Patch(Tag::Current, "application/json", Body::Candidates),
                &[E::Refused],
            ),
        ],
    ),
    R::should(
        "RFC 5789 §2.2",
        "RFC 5789 §2.2",
        "and by 415 with Accept-Patch",
        &[
            OPEN,
            step(
                Ask::Patch(Tag::Current, "application/json", Body::Candidates),
                &[E::Status(415), E::Lists("accept-patch", &[FRAGMENT])],
            ),
        ],
    ),
    R::must(
        "RFC 9725 §4.3.1",
        "WHEP §4.4.1",
        "what is no fragment is refused",
        &[OPEN, patch(Tag::Current, Body::Junk, &[E::Refused])],
    ),
    R::must(
        "RFC 9725 §4.3.2",
        "WHEP §4.4.2",
        "candidates answer 204 without entity tag",
        &[
            OPEN,
            patch(
                Tag::Current,
                Body::Candidates,
                &[E::Status(204), E::Lacks("etag"), E::Empty],
            ),
        ],
    )
    .optional(NO_PATCH),
    R::must(
        "RFC 9725 §4.3.2",
        "WHEP §4.4.2",
        "candidates of no use are passed over",
        &[
            OPEN,
            patch(Tag::Current, Body::UselessCandidates, &[E::Status(204)]),
        ],
    )
    .optional(NO_PATCH),
    // ICE restart.
    R::must(
        "RFC 9725 §4.3.3",
        "WHEP §4.4.3",
        "a restart answers 200 with credentials and a new tag",
        &[
            OPEN,
            patch(
                Tag::Any,
                Body::Restart,
                &[
                    E::Status(200),
                    E::MediaType(FRAGMENT),
                    E::NewTag,
                    E::Fragment,
                ],
            ),
        ],
    )
    .optional(NO_PATCH),
    R::must(
        "RFC 9725 §4.3.3",
        "WHEP §4.4.3",
        "after it the old entity tag is stale, the new one good",
        &[
            OPEN,
            patch(Tag::Any, Body::Restart, &[E::Status(200)]),
            patch(Tag::First, Body::Candidates, &[E::Status(412)]),
            patch(Tag::Current, Body::Candidates, &[E::Status(204)]),
        ],
    )
    .optional(NO_PATCH),
    R::must(
        "RFC 9725 §4.3.3",
        "WHEP §4.4.3",
        "other credentials are a restart under the session's tag, too",
        &[
            OPEN,
            patch(Tag::Current, Body::Restart, &[E::Status(200), E::NewTag]),
        ],
    )
    .optional(NO_PATCH),
    R::should(
        "RFC 9725 §4.3.3",
        "WHEP §4.4.3",
        "If-Match in quotes, as the examples have it, is `*`",
        &[
            OPEN,
            patch(Tag::QuotedAny, Body::Restart, &[E::Status(200)]),
        ],
    )
    .optional(NO_PATCH),
    R::must(
        "RFC 9725 §4.3.3",
        "WHEP §4.4.3",
        "a failed restart does not end the session",
        &[
            OPEN,
            patch(Tag::Any, Body::Junk, &[E::Refused]),
            step(Ask::Session("GET", Tag::None), &[E::Class(2)]),
            patch(Tag::Current, Body::Candidates, &[E::Status(204)]),
        ],
    )
    .optional(&[405, 501]),
    // Tokens.
    R::must(
        "RFC 9725 §4.7.1",
        "WHEP §4.8.1",
        "no token answers 401 with a Bearer challenge",
        &[step(
            Ask::Offer(Offer::Good, SDP, Auth::None),
            &[E::Status(401), E::Contains("www-authenticate", "bearer ")],
        )],
    )
    .with_token()
    .optional(&[201]),
    R::must(
        "RFC 6750 §3.1",
        "RFC 6750 §3.1",
        "a wrong token answers 401 invalid_token",
        &[step(
            Ask::Offer(Offer::Good, SDP, Auth::Wrong),
            &[
                E::Status(401),
                E::Contains("www-authenticate", "error=\"invalid_token\""),
            ],
        )],
    )
    .with_token()
    .optional(&[201]),
    R::should(
        "RFC 6750 §3.1",
        "RFC 6750 §3.1",
        "a header without a token answers 400 invalid_request",
        &[step(
            Ask::Offer(Offer::Good, SDP, Auth::Bare),
            &[
                E::Status(400),
                E::Contains("www-authenticate", "error=\"invalid_request\""),
            ],
        )],
    )
    .with_token()
    .optional(&[201]),
    R::should(
        "RFC 6750 §3.1",
        "RFC 6750 §3.1",
        "another scheme answers 401 without an error code",
        &[step(
            Ask::Offer(Offer::Good, SDP, Auth::Basic),
            &[E::Status(401), E::Contains("www-authenticate", "bearer ")],
        )],
    )
    .with_token()
    .optional(&[201]),
    R::must(
        "RFC 9110 §11.1",
        "RFC 9110 §11.1",
        "the scheme's case does not matter",
        &[step(
            Ask::Offer(Offer::Good, SDP, Auth::LowerCase),
            &[E::Status(201)],
        )],
    )
    .with_token(),
    R::must(
        "RFC 9725 §4.6",
        "WHEP §4.7",
        "ICE servers, if any, are told by well-formed Links",
        &[offer(Offer::Good, &[E::Status(201), E::IceLinks])],
    ),
];
