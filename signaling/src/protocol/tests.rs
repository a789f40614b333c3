//! Whatever a page sends, the parser answers; whatever the server says, it can be read again.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::chat::Act;
use super::client::{ClientMessage, Phase, Reaction, Resume, Role, SourceKind};
use super::server::{
    CaptionView, ChatLine, ChatRules, CueView, Entry, JoinState, Participant, Pin, RoomEvent,
    ServerMessage, ShowInfo, ShowKind, ShowState, SlotView, TrackKind, TrackView,
};

fn text() -> impl Strategy<Value = String> {
    "\\PC{0,24}"
}

fn role() -> impl Strategy<Value = Role> {
    prop_oneof![
        Just(Role::Host),
        Just(Role::Guide),
        Just(Role::Guest),
        Just(Role::Viewer),
        Just(Role::Moderator)
    ]
}

fn client_message() -> impl Strategy<Value = ClientMessage> {
    let maybe = || prop::option::of(text());
    let number = any::<u32>();
    let resume = prop::option::of(
        (text(), any::<u64>()).prop_map(|(epoch, last_seq)| Resume { epoch, last_seq }),
    );
    prop_oneof![
        (any::<u16>(), text(), maybe(), resume, maybe(), maybe()).prop_map(
            |(protocol, ticket, offer, resume, captions, name)| ClientMessage::Join {
                protocol,
                ticket,
                offer,
                resume,
                captions,
                name
            }
        ),
        (number, text()).prop_map(|(request, offer)| ClientMessage::Publish {
            request,
            offer,
            source: SourceKind::Screen
        }),
        (number, text(), maybe()).prop_map(|(request, mid, track)| ClientMessage::Slot {
            request,
            mid,
            track
        }),
        maybe().prop_map(|language| ClientMessage::Captions { language }),
        (text(), any::<bool>(), prop::option::of(any::<u16>())).prop_map(
            |(mid, visible, height)| ClientMessage::Watch {
                mid,
                visible,
                height
            }
        ),
        (number, text()).prop_map(|(request, text)| ClientMessage::Chat { request, text }),
        (number, act()).prop_map(|(request, act)| ClientMessage::Moderate { request, act }),
        (number, text()).prop_map(|(request, product)| ClientMessage::Pin { request, product }),
        (number, text(), role()).prop_map(|(request, participant, role)| {
            ClientMessage::Promote {
                request,
                participant,
                role,
            }
        }),
        number.prop_map(|request| ClientMessage::Phase {
            request,
            phase: Phase::Ended
        }),
        any::<i32>().prop_map(|ms| ClientMessage::Clock {
            client_ms: ms.into()
        }),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        any::<u64>().prop_map(|id| Act::Remove { id }),
        prop::option::of(any::<u64>()).prop_map(|id| Act::PinLine { id }),
        any::<u32>().prop_map(|seconds| Act::SlowMode { seconds }),
        prop::collection::vec(text(), 0..4).prop_map(|words| Act::Words { words }),
        (text(), any::<u32>()).prop_map(|(participant, seconds)| Act::Mute {
            participant,
            seconds
        }),
        text().prop_map(|participant| Act::Pardon { participant }),
    ]
}

fn chat() -> impl Strategy<Value = ChatLine> {
    (any::<u64>(), text(), role()).prop_map(|(id, text, role)| ChatLine {
        id,
        participant: "p".into(),
        name: "P".into(),
        role,
        text,
        at_ms: id,
    })
}

fn event() -> impl Strategy<Value = RoomEvent> {
    let show = (text(), any::<bool>(), prop::option::of(any::<u64>())).prop_map(
        |(title, private, started_ms)| ShowInfo {
            starts_ms: None,
            transcript: private,
            name: "lamp".into(),
            title,
            kind: ShowKind::Tour,
            phase: Phase::Live,
            private,
            started_ms,
            cover: None,
        },
    );
    let person =
        (text(), text(), role(), prop::option::of(text())).prop_map(|(id, name, role, speaks)| {
            Participant {
                id,
                name,
                role,
                speaks,
            }
        });
    let caption = (text(), text(), any::<u64>()).prop_map(|(id, text, start_ms)| CaptionView {
        id,
        participant: "p".into(),
        language: "pt".into(),
        spoken: "en".into(),
        text,
        kept: false,
        start_ms,
        end_ms: start_ms,
        stable: 3,
        cues: vec![CueView {
            rows: vec!["a".into(), "b".into()],
            start_ms,
            end_ms: start_ms,
        }],
    });
    let track = text().prop_map(|id| TrackView {
        id,
        kind: TrackKind::Audio,
        participant: "p".into(),
        source: SourceKind::Camera,
    });
    prop_oneof![
        show.prop_map(RoomEvent::Show),
        person.prop_map(RoomEvent::Participant),
        caption.prop_map(RoomEvent::Caption),
        chat().prop_map(RoomEvent::Chat),
        (any::<u32>(), prop::option::of(chat()))
            .prop_map(|(slow_s, pinned)| { RoomEvent::ChatRules(ChatRules { slow_s, pinned }) }),
        track.prop_map(RoomEvent::TrackAdded),
        (text(), any::<u64>())
            .prop_map(|(product, at_ms)| RoomEvent::Pinned(Pin { product, at_ms })),
        (text(), text(), any::<u32>()).prop_map(|(product, variant, available)| {
            RoomEvent::Stock {
                product,
                variant,
                available,
            }
        }),
    ]
}

fn server_message() -> impl Strategy<Value = ServerMessage> {
    let entry = || {
        (any::<u64>(), any::<u64>(), event()).prop_map(|(seq, at_ms, event)| Entry {
            seq,
            at_ms,
            event,
        })
    };
    let entries = prop::collection::vec(entry(), 0..4);
    let state = prop_oneof![
        entries.prop_map(|entries| JoinState::Entries { entries }),
        (any::<u64>(), prop::collection::vec(event(), 0..6)).prop_map(|(seq, events)| {
            let mut show: ShowState = crate::room::state::empty(ShowInfo {
                starts_ms: None,
                name: "lamp".into(),
                title: "Lamps".into(),
                kind: ShowKind::Live,
                phase: Phase::Live,
                private: false,
                transcript: false,
                started_ms: None,
                cover: None,
            });
            events
                .iter()
                .for_each(|event| crate::room::state::apply(&mut show, event));
            JoinState::Snapshot {
                seq,
                show: Box::new(show),
            }
        }),
    ];
    let joined = (text(), role(), state).prop_map(|(epoch, role, state)| ServerMessage::Joined {
        protocol: 1,
        you: Participant {
            id: "p".into(),
            name: "P".into(),
            role,
            speaks: None,
        },
        epoch,
        server_ms: 5,
        answer: None,
        slots: vec![SlotView {
            mid: "0".into(),
            kind: TrackKind::Video,
            track: None,
        }],
        state,
        viewers: 3,
    });
    prop_oneof![
        joined,
        entry().prop_map(ServerMessage::Entry),
        (prop::option::of(any::<u32>()), text(), text()).prop_map(|(request, code, message)| {
            ServerMessage::Refused {
                request,
                code,
                message,
                hint: None,
                wait_ms: request,
            }
        }),
        any::<u32>().prop_map(|n| ServerMessage::Reactions {
            counts: [(Reaction::Heart, n), (Reaction::Wow, n)].into(),
        }),
        (text(), any::<bool>())
            .prop_map(|(reason, reconnect)| ServerMessage::Bye { reason, reconnect }),
    ]
}

/// JSON of any shape, often nearly a message.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        text().prop_map(Value::from),
        Just(json!("pin")),
        Just(json!("join")),
    ];
    leaf.prop_recursive(3, 24, 6, |inner| {
        let key = prop_oneof![
            Just("type"),
            Just("request"),
            Just("product"),
            Just("resume"),
            Just("x")
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(key.prop_map(String::from), inner, 0..5)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn client_messages_survive_the_round_trip(message in client_message()) {
        let wire = serde_json::to_string(&message).expect("plain data");
        prop_assert_eq!(serde_json::from_str::<ClientMessage>(&wire).expect("our own"), message);
    }

    #[test]
    fn server_messages_survive_the_round_trip(message in server_message()) {
        let wire = serde_json::to_string(&message).expect("plain data");
        prop_assert_eq!(serde_json::from_str::<ServerMessage>(&wire).expect("our own"), message);
    }

    #[test]
    fn no_text_panics_the_parser(text in "\\PC{0,200}") {
        let _ = serde_json::from_str::<ClientMessage>(&text);
    }

    #[test]
    fn no_json_panics_the_parser(value in json_value()) {
        let _ = serde_json::from_value::<ClientMessage>(value);
    }

    #[test]
    fn an_unknown_field_is_refused(message in client_message()) {
        let mut value = serde_json::to_value(&message).expect("plain data");
        value["surprise"] = Value::from(1);
        prop_assert!(serde_json::from_value::<ClientMessage>(value).is_err());
    }
}
