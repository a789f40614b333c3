//! The room's laws: contiguous numbers, snapshot plus entries is the state, refusals change
//! nothing; and the stories of joining, promotion and other processes.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::limits::{LOG_ENTRIES_MAX, VTT_INTEREST_MS};
use crate::protocol::chat::Act;
use crate::protocol::client::{Resume, Role, SourceKind};
use crate::protocol::server::{
    ChatLine, Entry, HoldMode, JoinState, LayerWish, Money, PriceView, ShowKind, TrackKind,
    TrackView, VariantView,
};

pub(super) const HOST: PeerId = PeerId(1);
pub(super) const VIEWER: PeerId = PeerId(2);

pub(super) fn info() -> ShowInfo {
    ShowInfo {
        starts_ms: None,
        name: "lamp".into(),
        title: "Lamps".into(),
        kind: ShowKind::Live,
        phase: Phase::Scheduled,
        private: false,
        transcript: false,
        started_ms: None,
        cover: None,
    }
}

pub(super) fn seat(participant: &str, role: Role) -> Seat {
    Seat {
        participant: participant.into(),
        name: participant.to_uppercase(),
        role,
    }
}

pub(super) fn product(id: &str) -> ProductView {
    let price = Money {
        minor: 990,
        currency: "EUR".into(),
        exponent: 2,
    };
    let variant = VariantView {
        id: id.into(),
        options: BTreeMap::new(),
        prices: vec![PriceView {
            price: price.clone(),
            compare_at: None,
            tiers: Vec::new(),
        }],
        min_quantity: 1,
        available: 5,
    };
    ProductView {
        id: id.into(),
        merchant: "default".into(),
        title: id.into(),
        description: String::new(),
        images: Vec::new(),
        price,
        compare_at: None,
        available: 5,
        translations: BTreeMap::new(),
        descriptions: BTreeMap::new(),
        hold_mode: HoldMode::Hold,
        per_buyer: None,
        deal: None,
        variants: vec![variant],
    }
}

fn track(id: &str, participant: &str) -> TrackView {
    TrackView {
        id: id.into(),
        kind: TrackKind::Video,
        participant: participant.into(),
        source: SourceKind::Camera,
    }
}

fn caption(id: u64, language: &str) -> CaptionView {
    CaptionView {
        id: id.to_string(),
        participant: "host".into(),
        language: language.into(),
        spoken: "en".into(),
        text: "hello".into(),
        kept: false,
        start_ms: id,
        end_ms: id + 1,
        ..CaptionView::default()
    }
}

pub(super) fn join(peer: PeerId, participant: &str, role: Role) -> Input {
    Input::Join {
        peer,
        seat: seat(participant, role),
        resume: None,
        captions: None,
    }
}

pub(super) fn drain(room: &mut Room) -> Vec<Effect> {
    std::iter::from_fn(|| room.poll()).collect()
}

/// A room with a host, a viewer and four products, effects drained.
pub(super) fn opened() -> Room {
    let mut room = Room::new(info(), "e1".into(), 0);
    for id in ["a", "b", "c", "d"] {
        room.handle(0, Input::Product(product(id)))
            .expect("accepted");
    }
    room.handle(
        0,
        Input::Languages(vec!["en".into(), "pt".into()], Vec::new()),
    )
    .expect("accepted");
    room.handle(0, join(HOST, "host", Role::Host))
        .expect("accepted");
    room.handle(0, join(VIEWER, "vera", Role::Viewer))
        .expect("accepted");
    drain(&mut room);
    room
}

fn check(asks: Vec<(PeerId, Ask, Result<(), Refusal>)>) {
    let mut room = opened();
    for (peer, ask, expected) in asks {
        let before = (room.state().clone(), room.last_seq());
        let found = room.handle(1, Input::Ask(peer, ask.clone()));
        assert_eq!(found, expected, "{ask:?} by {peer:?}");
        if found.is_err() {
            assert_eq!(
                (room.state().clone(), room.last_seq()),
                before,
                "{ask:?} left a trace"
            );
            assert_eq!(room.poll(), None, "{ask:?} had an effect");
        }
        drain(&mut room);
    }
}

#[test]
fn host_pins_and_viewer_is_refused() {
    let pin = |id: &str| Ask::Pin(id.into());
    check(vec![
        (VIEWER, pin("a"), Err(Refusal::NotPresenter)),
        (PeerId(9), pin("a"), Err(Refusal::NotJoined)),
        (HOST, pin("a"), Ok(())),
        (HOST, pin("a"), Err(Refusal::AlreadyPinned)),
        (HOST, pin("unknown"), Err(Refusal::UnknownProduct)),
        (HOST, pin("b"), Ok(())),
        (HOST, pin("c"), Ok(())),
        (HOST, pin("d"), Err(Refusal::PinsFull)),
        (VIEWER, Ask::Unpin("a".into()), Err(Refusal::NotPresenter)),
        (HOST, Ask::Unpin("a".into()), Ok(())),
        (HOST, Ask::Unpin("a".into()), Err(Refusal::NotPinned)),
        (HOST, pin("d"), Ok(())),
    ]);
}

#[test]
fn a_flash_deal_lays_its_product_over_the_picture_and_takes_it_off() {
    let with_deal = |id: &str, deal: Option<(&str, bool)>| ProductView {
        deal: deal.map(|(deal, is_on)| {
            Box::new(DealView {
                id: deal.into(),
                product: id.into(),
                prices: Vec::new(),
                counts_ms: 7,
                starts_ms: 8,
                ends_ms: 9,
                is_on,
                total: 1,
                per_buyer: None,
            })
        }),
        ..product(id)
    };
    let mut room = opened();
    let mut tell = |id: &str, deal| {
        room.handle(10, Input::Product(with_deal(id, deal)))
            .expect("a product");
        let told = drain(&mut room).into_iter();
        let told = told.filter(|effect| matches!(effect, Effect::Entry(_)));
        (told.count(), room.state().pins.clone())
    };
    let pin = |product: &str, at_ms| Pin {
        product: product.into(),
        at_ms,
    };
    let counted = tell("a", Some(("d", false)));
    assert_eq!(counted, (2, vec![pin("a", 7)]), "told, and pinned");
    assert_eq!(
        tell("a", Some(("d", true))),
        (1, vec![pin("a", 7)]),
        "it begins"
    );
    assert_eq!(tell("a", Some(("d", true))).0, 0, "nothing new");
    assert_eq!(tell("a", None), (2, Vec::new()), "over, and off");
    // What the host laid there stays.
    room.handle(10, Input::Remote(RoomEvent::Pinned(pin("a", 3))))
        .expect("heard");
    for deal in [Some(("e", true)), None] {
        let product = with_deal("a", deal);
        room.handle(10, Input::Product(product)).expect("a product");
    }
    assert_eq!(room.state().pins, [pin("a", 3)]);
}

#[test]
fn roles_guard_the_rest() {
    let promote = |who: &str, role| Ask::Promote(who.into(), role);
    check(vec![
        (VIEWER, Ask::Phase(Phase::Live), Err(Refusal::NotHost)),
        (HOST, Ask::Phase(Phase::Live), Ok(())),
        (HOST, Ask::Phase(Phase::Scheduled), Err(Refusal::BadPhase)),
        (HOST, Ask::Phase(Phase::Ended), Ok(())),
        (VIEWER, promote("vera", Role::Guest), Err(Refusal::NotHost)),
        (
            HOST,
            promote("nobody", Role::Guest),
            Err(Refusal::UnknownParticipant),
        ),
        (HOST, promote("vera", Role::Host), Err(Refusal::RoleFixed)),
        (HOST, promote("host", Role::Viewer), Err(Refusal::RoleFixed)),
        (
            VIEWER,
            Ask::SpeechLanguage("vera".into(), None),
            Err(Refusal::NotOnStage),
        ),
        (
            VIEWER,
            Ask::SpeechLanguage("host".into(), None),
            Err(Refusal::NotHost),
        ),
        (
            HOST,
            Ask::SpeechLanguage("host".into(), Some("e n".into())),
            Err(Refusal::BadLanguage),
        ),
        (VIEWER, Ask::Chat(" ".into()), Err(Refusal::BadChat)),
        (VIEWER, Ask::Chat("hello".into()), Ok(())),
    ]);
}

#[test]
fn who_publishes_from_a_page_is_told_which_layers_are_wanted() {
    let mut room = opened();
    drain(&mut room);
    let layers = vec![LayerWish {
        rid: "f".into(),
        wanted: false,
    }];
    let wanted = |who: &str| Input::LayersWanted(who.into(), SourceKind::Camera, layers.clone());
    room.handle(1, wanted("host")).expect("taken");
    let told = Effect::Layers(HOST, SourceKind::Camera, layers.clone());
    assert_eq!(drain(&mut room), [told]);
    room.handle(1, wanted("somebody else")).expect("taken");
    assert_eq!(drain(&mut room), []);
}

#[test]
fn a_viewer_comes_on_stage_and_goes_without_reconnecting() {
    let mut room = opened();
    let promote = |role| Input::Ask(HOST, Ask::Promote("vera".into(), role));
    room.handle(1, promote(Role::Guest)).expect("promoted");
    let effects = drain(&mut room);
    assert!(
        effects.contains(&Effect::Role(VIEWER, Role::Guest)),
        "{effects:?}"
    );
    room.handle(2, Input::TrackAdded(track("t1", "vera")))
        .expect("on stage");
    assert_eq!(
        room.state().info.phase,
        Phase::Scheduled,
        "a guest does not open the show"
    );

    room.handle(3, promote(Role::Viewer)).expect("sent back");
    let effects = drain(&mut room);
    assert!(
        effects.contains(&Effect::StopPublishing("vera".into())),
        "{effects:?}"
    );
    assert_eq!(
        room.state().participants.len(),
        1,
        "only the host is on stage"
    );
    let late = room.handle(4, Input::TrackAdded(track("t2", "vera")));
    assert_eq!(late, Err(Refusal::NotOnStage));
}

#[test]
fn a_role_given_by_the_host_survives_a_reconnect() {
    let mut room = opened();
    room.handle(
        1,
        Input::Ask(HOST, Ask::Promote("vera".into(), Role::Guest)),
    )
    .expect("promoted");
    room.handle(2, Input::Leave(VIEWER)).expect("left");
    assert_eq!(room.state().participants.len(), 1);
    room.handle(3, join(PeerId(3), "vera", Role::Viewer))
        .expect("back");
    let you = drain(&mut room)
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Welcome { you, .. } => Some(you),
            _ => None,
        });
    assert_eq!(you.map(|you| you.role), Some(Role::Guest));
}

#[test]
fn a_second_page_of_one_grant_replaces_the_first() {
    let mut room = opened();
    room.handle(1, join(PeerId(3), "vera", Role::Viewer))
        .expect("joined");
    assert!(drain(&mut room).contains(&Effect::Replaced(VIEWER)));
    room.handle(2, Input::Leave(VIEWER))
        .expect("the old socket closes late");
    assert_eq!(room.viewers(), 1, "the new page is still here");
}

#[test]
fn a_publisher_opens_the_show_and_stays_while_sending() {
    let mut room = opened();
    room.handle(5, Input::TrackAdded(track("t1", "host")))
        .expect("on stage");
    assert_eq!(room.state().info.phase, Phase::Live);
    assert_eq!(room.state().info.started_ms, Some(5));
    room.handle(6, Input::Leave(HOST)).expect("socket lost");
    assert_eq!(room.state().participants.len(), 1, "still sending");
    room.handle(7, Input::TrackRemoved("t1".into()))
        .expect("stopped");
    assert_eq!(room.state().participants.len(), 0);
}

#[test]
fn a_whip_publisher_may_overlap_its_own_restart() {
    let mut room = opened();
    for _ in 0..2 {
        room.handle(1, Input::PublisherCame(seat("obs", Role::Host)))
            .expect("accepted");
    }
    room.handle(2, Input::PublisherLeft("obs".into()))
        .expect("old one");
    assert!(
        room.state().participants.iter().any(|p| p.id == "obs"),
        "the new one sends"
    );
    room.handle(3, Input::PublisherLeft("obs".into()))
        .expect("new one");
    assert!(room.state().participants.iter().all(|p| p.id != "obs"));
}

#[test]
fn only_wanted_languages_are_asked_for() {
    let mut room = opened();
    let wanted = |room: &mut Room| {
        drain(room).into_iter().find_map(|effect| match effect {
            Effect::Wanted(tags) => Some(tags.into_iter().collect::<Vec<_>>()),
            _ => None,
        })
    };
    room.handle(1, Input::Captions(VIEWER, Some("pt".into())))
        .expect("chosen");
    assert_eq!(wanted(&mut room), Some(vec!["pt".into()]));
    let reads = Input::Reads("en".into(), VTT_INTEREST_MS);
    room.handle(1, reads).expect("polled");
    assert_eq!(wanted(&mut room), Some(vec!["en".into(), "pt".into()]));
    room.handle(1 + VTT_INTEREST_MS, Input::Tick)
        .expect("later");
    assert_eq!(wanted(&mut room), Some(vec!["pt".into()]));
    room.handle(20_000, Input::Leave(VIEWER)).expect("left");
    assert_eq!(wanted(&mut room), Some(vec![]), "recognition pauses");
}

#[test]
fn a_recorded_show_is_written_down_while_it_is_on_air() {
    let recorded = ShowInfo {
        transcript: true,
        ..info()
    };
    let mut room = Room::new(recorded, "e".into(), 1);
    let wanted = |room: &mut Room, phase| {
        let asked = Input::Ask(HOST, Ask::Phase(phase));
        room.handle(2, asked).expect("the host may");
        drain(room).into_iter().find_map(|effect| match effect {
            Effect::Wanted(tags) => Some(tags.into_iter().collect::<Vec<_>>()),
            _ => None,
        })
    };
    room.handle(0, join(HOST, "host", Role::Host))
        .expect("accepted");
    drain(&mut room);
    assert_eq!(wanted(&mut room, Phase::Live), Some(vec!["und".into()]));
    assert_eq!(wanted(&mut room, Phase::Ended), Some(vec![]));
}

#[test]
fn other_processes_are_heard_but_not_echoed() {
    let mut room = opened();
    let line = ChatLine {
        id: 7,
        participant: "far".into(),
        name: "Far".into(),
        role: Role::Viewer,
        text: "hello".into(),
        at_ms: 1,
    };
    for _ in 0..2 {
        room.handle(1, Input::Remote(RoomEvent::Chat(line.clone())))
            .expect("heard");
    }
    assert_eq!(room.state().chat, [line], "heard twice, shown once");
    assert!(
        drain(&mut room)
            .iter()
            .all(|effect| !matches!(effect, Effect::Share(_)))
    );
    room.handle(1, Input::RemoteViewers("p2".into(), 40))
        .expect("heard");
    assert_eq!(room.viewers(), 41);
    room.handle(60_000, Input::Tick).expect("later");
    assert_eq!(room.viewers(), 1, "a silent process has no viewers");
}

#[test]
fn a_page_resumes_or_starts_anew() {
    let mut room = opened();
    let seen = room.last_seq();
    room.handle(1, Input::Ask(HOST, Ask::Pin("a".into())))
        .expect("pinned");
    drain(&mut room);
    let mut rejoin = |epoch: &str, last_seq| {
        let resume = Some(Resume {
            epoch: epoch.into(),
            last_seq,
        });
        let seat = seat("vera", Role::Viewer);
        room.handle(
            2,
            Input::Join {
                peer: VIEWER,
                seat,
                resume,
                captions: None,
            },
        )
        .expect("in");
        drain(&mut room)
            .into_iter()
            .find_map(|effect| match effect {
                Effect::Welcome {
                    state: JoinState::Entries { entries },
                    ..
                } => Some(entries.len()),
                _ => None,
            })
    };
    assert_eq!(rejoin("e1", seen), Some(1), "the missed pin");
    assert_eq!(rejoin("e0", seen), None, "another epoch: snapshot");
    assert_eq!(rejoin("e1", seen + 99), None, "from the future: snapshot");
}

fn inputs() -> impl Strategy<Value = Input> {
    let peer = (0..6_u64).prop_map(PeerId);
    let person = (0..6_u8).prop_map(|n| format!("p{n}"));
    let id =
        prop_oneof![Just("a"), Just("b"), Just("c"), Just("d"), Just("e")].prop_map(String::from);
    let role = prop_oneof![
        Just(Role::Host),
        Just(Role::Guide),
        Just(Role::Guest),
        Just(Role::Viewer),
        Just(Role::Moderator)
    ];
    let ask = prop_oneof![
        id.clone().prop_map(Ask::Pin),
        id.clone().prop_map(Ask::Unpin),
        "[a-z]{0,6}".prop_map(Ask::Chat),
        (0..9_000_u64).prop_map(|id| Ask::Moderate(Act::Remove { id })),
        person
            .clone()
            .prop_map(|participant| Ask::Moderate(Act::Ban { participant })),
        (person.clone(), role.clone()).prop_map(|(who, role)| Ask::Promote(who, role)),
        prop_oneof![Just(Phase::Live), Just(Phase::Ended)].prop_map(Ask::Phase),
    ];
    prop_oneof![
        (peer.clone(), person.clone(), role).prop_map(|(peer, who, role)| join(peer, &who, role)),
        peer.clone().prop_map(Input::Leave),
        (peer, ask).prop_map(|(peer, ask)| Input::Ask(peer, ask)),
        id.clone().prop_map(|id| Input::Product(product(&id))),
        id.clone().prop_map(Input::ProductRemoved),
        (id, 0..9_u32).prop_map(|(id, left)| Input::Stock(id.clone(), id, left)),
        ("t[0-3]", person).prop_map(|(id, who)| Input::TrackAdded(track(&id, &who))),
        "t[0-3]".prop_map(Input::TrackRemoved),
        (0..200_u64).prop_map(|id| Input::Final(caption(id, "en"))),
        Just(Input::Tick),
    ]
}

proptest! {
    #[test]
    fn applying_entries_after_any_snapshot_gives_the_state(
        inputs in prop::collection::vec(inputs(), 1..120),
        at in 0..120_usize,
    ) {
        let mut room = Room::new(info(), "e".into(), 1);
        let mut replica = room.state().clone();
        let mut entries = Vec::<Arc<Entry>>::new();
        let mut snapshot = None;
        for (now, input) in inputs.into_iter().enumerate() {
            if now == at {
                snapshot = Some((room.last_seq(), room.state().clone()));
            }
            let before = (room.state().clone(), room.last_seq());
            let refused = room.handle(now as u64, input).is_err();
            for effect in drain(&mut room) {
                if let Effect::Entry(entry) = effect {
                    state::apply(&mut replica, &entry.event);
                    entries.push(entry);
                }
            }
            if refused {
                prop_assert_eq!((room.state().clone(), room.last_seq()), before);
            }
            prop_assert_eq!(&replica, room.state());
            prop_assert!(room.state().pins.len() <= crate::limits::PINS_MAX);
        }
        for (entry, expected) in entries.iter().zip(1..) {
            prop_assert_eq!(entry.seq, expected, "contiguous from 1");
        }
        if let Some((seq, mut state)) = snapshot {
            for entry in entries.iter().filter(|entry| entry.seq > seq) {
                state::apply(&mut state, &entry.event);
            }
            prop_assert_eq!(&state, room.state());
        }
    }

    #[test]
    fn a_resume_brings_exactly_what_was_missed(total in 0..LOG_ENTRIES_MAX * 2, seen in 0..LOG_ENTRIES_MAX * 2) {
        let mut log = log::Log::new("e".into());
        for n in 0..total {
            log.append(n as u64, RoomEvent::ChatRemoved { id: n as u64 });
        }
        let found = log.since(&Resume { epoch: "e".into(), last_seq: seen as u64 });
        let is_here = seen <= total && total - seen <= LOG_ENTRIES_MAX;
        prop_assert_eq!(found.is_some(), is_here);
        if let Some(entries) = found {
            let seqs: Vec<u64> = entries.iter().map(|entry| entry.seq).collect();
            prop_assert_eq!(seqs, (seen as u64 + 1..=total as u64).collect::<Vec<_>>());
        }
    }
}
