//! What a rule is made of. A rule is data: steps, each a request and what its answer must be.

/// How binding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Level {
    /// MUST or SHALL.
    Must,
    /// SHOULD, or sense.
    Should,
}

/// Where a rule is written, for WHIP and for WHEP.
#[derive(Clone, Copy)]
pub(super) struct At(pub &'static str, pub &'static str);

impl At {
    pub(super) const fn both(section: &'static str) -> At {
        At(section, section)
    }

    pub(super) const fn whip(section: &'static str) -> At {
        At(section, "")
    }

    pub(super) const fn whep(section: &'static str) -> At {
        At("", section)
    }
}

/// One rule.
pub(super) struct Rule {
    pub at: At,
    pub level: Level,
    pub text: &'static str,
    pub needs_token: bool,
    /// Statuses by which a server says that it does without what the rule is about.
    pub without: &'static [u16],
    pub steps: &'static [Step],
}

impl Rule {
    pub(super) const fn must(at: At, text: &'static str, steps: &'static [Step]) -> Rule {
        Rule {
            at,
            level: Level::Must,
            text,
            needs_token: false,
            without: &[],
            steps,
        }
    }

    pub(super) const fn should(at: At, text: &'static str, steps: &'static [Step]) -> Rule {
        let mut rule = Rule::must(at, text, steps);
        rule.level = Level::Should;
        rule
    }

    pub(super) const fn with_token(mut self) -> Rule {
        self.needs_token = true;
        self
    }

    pub(super) const fn optional(mut self, without: &'static [u16]) -> Rule {
        self.without = without;
        self
    }
}

/// Rules as a text: level, section and rule, then `request => [what its answer must be]`.
macro_rules! rules {
    ($(
        $level:ident $at:expr, $text:literal $(, $mode:ident ( $($without:expr)? ))* :
        $( $ask:expr => [ $($expect:expr),* $(,)? ] ),+ ;
    )*) => {
        &[$(
            $crate::conformance::table::Rule::$level($at, $text, &[$(
                $crate::conformance::table::Step { ask: $ask, expect: &[$($expect),*] }
            ),+]) $( .$mode( $($without)? ) )*
        ),*]
    };
}
pub(super) use rules;

/// One request and what is expected of its answer.
pub(super) struct Step {
    pub ask: Ask,
    pub expect: &'static [Expect],
}

/// An offer as it should be sent.
pub(super) const fn offer(offer: Offer) -> Ask {
    Ask::Offer(offer, "application/sdp", Auth::Given)
}

/// A fragment as it should be sent.
pub(super) const fn patch(tag: Tag, body: Body) -> Ask {
    Ask::Patch(tag, "application/trickle-ice-sdpfrag", body)
}

/// A request.
pub(super) enum Ask {
    /// To the endpoint, without a body.
    Endpoint(&'static str),
    /// POST of this offer, under this media type, with this authorization.
    Offer(Offer, &'static str, Auth),
    /// To the session, without a body.
    Session(&'static str, Tag),
    /// PATCH of the session.
    Patch(Tag, &'static str, Body),
    /// `OPTIONS` as a browser sends it before this method, of the endpoint or the session.
    Preflight(&'static str, Place),
    /// To the resource of a `Link` of this relation; passed over when there is none.
    Linked(&'static str, &'static str, &'static str),
    /// To where the answer before this one pointed by its `Location`.
    Followed(&'static str),
}

/// Where a preflight goes.
pub(super) enum Place {
    Endpoint,
    Session,
}

/// An offer; fresh credentials and fingerprint each time.
#[derive(Clone, Copy)]
pub(super) enum Offer {
    /// One audio and one video track in the protocol's direction, as a browser offers them.
    Good,
    /// The same, without candidates (trickle).
    NoCandidates,
    /// `sendrecv`.
    SendRecv,
    /// The other direction.
    WrongWay,
    /// `inactive`.
    Inactive,
    /// Two video tracks.
    TwoVideos,
    /// Video in a format nobody has.
    UnknownVideo,
    /// Only that.
    OnlyUnknown,
    /// `setup:active`.
    SetupActive,
    /// No SDP at all.
    Junk,
    /// Nothing.
    Empty,
}

/// An `Authorization` header.
#[derive(Clone, Copy)]
pub(super) enum Auth {
    /// The token, when there is one.
    Given,
    /// The same, scheme in lower case.
    LowerCase,
    None,
    /// `Bearer` and a token nobody has made.
    Wrong,
    /// `Bearer` and nothing.
    Bare,
    /// Another scheme.
    Basic,
}

/// An `If-Match` header.
#[derive(Clone, Copy)]
pub(super) enum Tag {
    None,
    /// The session's latest entity tag.
    Current,
    /// The one of its 201.
    First,
    Unknown,
    /// The latest, marked as weak.
    Weak,
    /// `*`.
    Any,
    /// `"*"`, as the examples have it.
    QuotedAny,
}

/// A body of PATCH.
#[derive(Clone, Copy)]
pub(super) enum Body {
    /// Candidates under the credentials in force.
    Candidates,
    /// Candidates that no server can use.
    UselessCandidates,
    /// New credentials.
    Restart,
    Junk,
    /// The answer to the server's offer.
    Answer,
}

/// What is expected of an answer.
pub(super) enum Expect {
    Status(u16),
    OneOf(&'static [u16]),
    /// 2xx is 2.
    Class(u16),
    Has(&'static str),
    Lacks(&'static str),
    /// A header whose comma-separated members include these, in any case.
    Lists(&'static str, &'static [&'static str]),
    /// A header that contains this, in any case.
    Contains(&'static str, &'static str),
    MediaType(&'static str),
    Empty,
    /// A quoted entity tag that is not weak.
    StrongTag,
    /// The same, another one than before.
    NewTag,
    /// A session URL of its own that cannot be guessed.
    Unguessable,
    /// Never told by 301 or 302, never by a success.
    Refused,
    /// Every m-line has this attribute line.
    EachMedia(&'static str),
    /// As many m-lines as were offered, none rejected, in one bundle.
    WholeBundle,
    /// The msid's first part is the same everywhere.
    OneStream,
    /// A candidate in it, and the end of them or none to follow.
    Candidates,
    /// Exactly one side does DTLS as client.
    SetupDecided,
    /// A fragment with credentials other than the answer's, and its `ice-lite` and `ice-options`.
    Fragment,
    /// `Link`s of rel `ice-server` are STUN or TURN URLs; TURN ones with credentials.
    IceLinks,
    /// The `valid-until` of the media type, when there is one, is an HTTP-date.
    ValidUntil,
}
