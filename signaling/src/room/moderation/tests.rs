//! Who may write and who is heard; that what was removed is nowhere; that two processes agree.

use proptest::prelude::*;

use super::*;
use crate::protocol::client::{Reaction, Resume, Role};
use crate::protocol::server::{JoinState, ShowState};
use crate::room::tests::{HOST, VIEWER, drain, info, join, opened};
use crate::room::{Ask, Counts, Input};

const MODERATOR: PeerId = PeerId(3);
const OTHER: PeerId = PeerId(4);

/// The room of the other tests with a moderator and a second viewer.
fn staffed() -> Room {
    let mut room = opened();
    room.handle(0, join(MODERATOR, "mo", Role::Moderator))
        .expect("in");
    room.handle(0, join(OTHER, "olaf", Role::Viewer))
        .expect("in");
    drain(&mut room);
    room
}

fn does(room: &mut Room, now_ms: u64, peer: PeerId, act: Act) -> Result<(), Refusal> {
    room.handle(now_ms, Input::Ask(peer, Ask::Moderate(act)))
}

fn write(room: &mut Room, now_ms: u64, peer: PeerId, text: &str) -> Result<(), Refusal> {
    room.handle(now_ms, Input::Ask(peer, Ask::Chat(text.into())))
}

fn texts(room: &Room) -> Vec<&str> {
    room.state()
        .chat
        .iter()
        .map(|line| line.text.as_str())
        .collect()
}

/// What somebody finds who comes in, from the start of the log or without knowing it.
fn seen_by(room: &mut Room, who: &str, resume: Option<Resume>) -> String {
    let mut input = join(PeerId(99), who, Role::Viewer);
    if let Input::Join { resume: asked, .. } = &mut input {
        *asked = resume;
    }
    room.handle(90_000, input).expect("in");
    let welcome = drain(room).into_iter().find_map(|effect| match effect {
        Effect::Welcome { state, .. } => Some(state),
        _ => None,
    });
    room.handle(90_000, Input::Leave(PeerId(99))).expect("left");
    drain(room);
    serde_json::to_string(&welcome.expect("welcome")).expect("plain data")
}

fn from_start(room: &Room) -> Option<Resume> {
    let epoch = room.epoch().to_owned();
    Some(Resume { epoch, last_seq: 0 })
}

fn mute(who: &str, seconds: u32) -> Act {
    let participant = who.into();
    Act::Mute {
        participant,
        seconds,
    }
}

fn ban(who: &str) -> Act {
    Act::Ban {
        participant: who.into(),
    }
}

fn shadow(who: &str) -> Act {
    Act::Shadow {
        participant: who.into(),
    }
}

fn pardon(who: &str) -> Act {
    Act::Pardon {
        participant: who.into(),
    }
}

#[test]
fn acts_that_are_refused_leave_no_trace() {
    let mut room = staffed();
    let too_long = "x".repeat(WORD_CHARS_MAX + 1);
    for (peer, act, expected) in [
        (VIEWER, Act::SlowMode { seconds: 5 }, Refusal::NotModerator),
        (VIEWER, ban("olaf"), Refusal::NotModerator),
        (MODERATOR, ban("host"), Refusal::RunsTheShow),
        (HOST, mute("mo", 60), Refusal::RunsTheShow),
        (MODERATOR, ban("nobody"), Refusal::UnknownParticipant),
        (MODERATOR, pardon("vera"), Refusal::NotSanctioned),
        (MODERATOR, mute("vera", 0), Refusal::BadAct),
        (MODERATOR, mute("vera", MUTE_S_MAX + 1), Refusal::BadAct),
        (
            MODERATOR,
            Act::SlowMode {
                seconds: SLOW_S_MAX + 1,
            },
            Refusal::BadAct,
        ),
        (
            HOST,
            Act::Words {
                words: vec![too_long],
            },
            Refusal::BadAct,
        ),
        (
            HOST,
            Act::Words {
                words: vec![" ".into()],
            },
            Refusal::BadAct,
        ),
        (
            HOST,
            Act::Words {
                words: vec!["x".into(); WORDS_MAX + 1],
            },
            Refusal::BadAct,
        ),
        (HOST, Act::Remove { id: 1 }, Refusal::UnknownChatLine),
        (HOST, Act::PinLine { id: Some(1) }, Refusal::UnknownChatLine),
    ] {
        let before = (room.state().clone(), room.last_seq());
        assert_eq!(
            does(&mut room, 1, peer, act.clone()),
            Err(expected),
            "{act:?}"
        );
        assert_eq!((room.state().clone(), room.last_seq()), before, "{act:?}");
        assert_eq!(room.poll(), None, "{act:?} had an effect");
    }
}

#[test]
fn slow_mode_says_how_long_to_wait_and_not_to_who_runs_the_show() {
    let mut room = staffed();
    does(&mut room, 0, MODERATOR, Act::SlowMode { seconds: 10 }).expect("slow");
    assert_eq!(room.state().chat_rules.slow_s, 10, "everybody sees it");
    write(&mut room, 1_000, VIEWER, "first").expect("taken");
    write(&mut room, 1_000, OTHER, "another's first").expect("each has a pause of their own");
    let refusal = write(&mut room, 4_500, VIEWER, "too soon").expect_err("slow mode");
    assert_eq!(refusal, Refusal::SlowMode(6_500));
    assert_eq!(refusal.to_string(), "slow mode: you can write again in 7 s");
    room.handle(4_600, Input::Leave(VIEWER)).expect("left");
    room.handle(4_700, join(VIEWER, "vera", Role::Viewer))
        .expect("back");
    assert_eq!(
        write(&mut room, 5_000, VIEWER, "again"),
        Err(Refusal::SlowMode(6_000))
    );
    write(&mut room, 11_000, VIEWER, "in time").expect("the pause is over");
    for now_ms in [11_001, 11_002] {
        write(&mut room, now_ms, MODERATOR, "at ease").expect("exempt");
    }
    does(&mut room, 11_003, HOST, Act::SlowMode { seconds: 0 }).expect("off");
    write(&mut room, 11_004, VIEWER, "at once").expect("off");
}

#[test]
fn a_muted_viewer_waits_and_a_pardon_ends_it() {
    let mut room = staffed();
    does(&mut room, 1_000, MODERATOR, mute("vera", 60)).expect("muted");
    assert_eq!(
        write(&mut room, 2_000, VIEWER, "but"),
        Err(Refusal::Muted(59_000))
    );
    write(&mut room, 61_000, VIEWER, "over").expect("time has passed");
    does(&mut room, 62_000, HOST, mute("vera", 60)).expect("muted");
    does(&mut room, 63_000, HOST, pardon("vera")).expect("pardoned");
    write(&mut room, 64_000, VIEWER, "thanks").expect("pardoned");
}

#[test]
fn the_banned_are_sent_away_with_their_lines_and_do_not_come_back() {
    let mut room = staffed();
    let promote = Ask::Promote("vera".into(), Role::Guest);
    room.handle(1, Input::Ask(HOST, promote)).expect("on stage");
    write(&mut room, 2, VIEWER, "awful").expect("taken");
    write(&mut room, 3, OTHER, "fine").expect("taken");
    let id = room.state().chat[0].id;
    does(&mut room, 4, HOST, Act::PinLine { id: Some(id) }).expect("pinned");
    drain(&mut room);
    does(&mut room, 5, MODERATOR, ban("vera")).expect("banned");
    let effects = drain(&mut room);
    for expected in [
        Effect::Banned(VIEWER),
        Effect::StopPublishing("vera".into()),
    ] {
        assert!(effects.contains(&expected), "{effects:?}");
    }
    assert_eq!(
        (texts(&room), &room.state().chat_rules.pinned),
        (vec!["fine"], &None)
    );
    assert!(
        room.state()
            .participants
            .iter()
            .all(|person| person.id != "vera")
    );
    let again = room.handle(6, join(PeerId(8), "vera", Role::Viewer));
    assert_eq!(again, Err(Refusal::Banned));
    let seat = crate::room::tests::seat("vera", Role::Guest);
    let by_whip = room.handle(6, Input::PublisherCame(seat));
    assert_eq!(by_whip, Err(Refusal::Banned));
    does(&mut room, 7, HOST, pardon("vera")).expect("pardoned");
    room.handle(8, join(PeerId(8), "vera", Role::Viewer))
        .expect("back");
}

#[test]
fn the_shadowed_write_to_themselves() {
    let mut room = staffed();
    does(&mut room, 1, MODERATOR, shadow("vera")).expect("shadowed");
    drain(&mut room);
    let seq = room.last_seq();
    write(&mut room, 2, VIEWER, "hello all").expect("as if nothing were");
    let effects = drain(&mut room);
    assert!(
        matches!(&effects[..], [Effect::Whisper(VIEWER, line)] if line.text == "hello all"),
        "{effects:?}"
    );
    assert_eq!((room.last_seq(), texts(&room).len()), (seq, 0));
    assert!(
        seen_by(&mut room, "vera", None).contains("hello all"),
        "also after a reload"
    );
    assert!(!seen_by(&mut room, "olaf2", None).contains("hello all"));
    room.handle(3, join(VIEWER, "vera", Role::Viewer))
        .expect("in");
    room.handle(3, Input::React(VIEWER, Reaction::Fire, 3))
        .expect("taken");
    drain(&mut room);
    room.handle(4, Input::Tick).expect("a second");
    let told = drain(&mut room);
    assert!(
        !told
            .iter()
            .any(|effect| matches!(effect, Effect::Reactions(_))),
        "{told:?}"
    );
}

#[test]
fn listed_words_are_refused_in_lines_and_names_of_viewers() {
    let mut room = staffed();
    let words = vec!["junk".into(), "Vera".into()];
    does(&mut room, 1, HOST, Act::Words { words }).expect("listed");
    assert_eq!(
        write(&mut room, 2, OTHER, "what a J.U.N.K"),
        Err(Refusal::BlockedWords)
    );
    assert_eq!(
        write(&mut room, 2, VIEWER, "hello"),
        Err(Refusal::BlockedWords),
        "her name"
    );
    write(&mut room, 2, OTHER, "junkyard").expect("another word");
    write(&mut room, 2, HOST, "no junk here").expect("who runs the show may");
}

#[test]
fn who_runs_the_chat_is_told_how_and_nobody_else() {
    let mut room = staffed();
    does(&mut room, 1, HOST, shadow("vera")).expect("shadowed");
    let told: Vec<_> = drain(&mut room);
    let views = told
        .iter()
        .filter(|effect| matches!(effect, Effect::Moderation(None, _)));
    assert_eq!(views.count(), 1, "{told:?}");
    room.handle(2, join(PeerId(5), "mia", Role::Moderator))
        .expect("in");
    room.handle(2, join(PeerId(6), "vic", Role::Viewer))
        .expect("in");
    let told = drain(&mut room);
    let peers: Vec<_> = told
        .iter()
        .filter_map(|effect| match effect {
            Effect::Moderation(peer, view) => Some((*peer, view.sanctions.len())),
            _ => None,
        })
        .collect();
    assert_eq!(peers, [(Some(PeerId(5)), 1)]);
    let promote = Ask::Promote("vic".into(), Role::Moderator);
    room.handle(3, Input::Ask(HOST, promote))
        .expect("a moderator now");
    let told = drain(&mut room);
    assert!(
        told.iter()
            .any(|effect| matches!(effect, Effect::Moderation(Some(PeerId(6)), _))),
        "{told:?}"
    );
    does(&mut room, 4, PeerId(6), mute("olaf", 5)).expect("and may moderate");
}

#[test]
fn the_oldest_sanction_gives_way() {
    let mut moderation = Moderation::default();
    for n in 0..=SANCTIONS_MAX {
        let participant = format!("p{n}");
        let sanction = Sanction {
            at_ms: n as u64,
            participant: participant.clone(),
            ..Sanction::default()
        };
        moderation.set(&participant, Some(sanction));
    }
    assert_eq!(moderation.sanctions.len(), SANCTIONS_MAX);
    assert!(!moderation.sanctions.contains_key("p0"));
    assert_eq!(moderation.view().sanctions.len(), SANCTIONS_SHOWN);
}

/// What viewers and moderators do, by number.
#[derive(Debug, Clone)]
enum Deed {
    Write(u64, String),
    Remove(usize),
    Pin(Option<usize>),
    Other(Act),
    Rejoin(u64),
    Tap(u64, Reaction, u32),
    Tick,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let peer = prop_oneof![Just(2_u64), Just(4), Just(5)];
    let who = prop_oneof![Just("vera"), Just("olaf"), Just("pia")];
    let act = prop_oneof![
        who.clone().prop_map(ban),
        who.clone().prop_map(shadow),
        who.clone().prop_map(pardon),
        (who, 1..9_u32).prop_map(|(who, seconds)| mute(who, seconds)),
        (0..3_u32).prop_map(|seconds| Act::SlowMode { seconds }),
        prop::collection::vec("[a-c]{1,2}", 0..3).prop_map(|words| Act::Words { words }),
    ];
    let reaction = prop_oneof![Just(Reaction::Heart), Just(Reaction::Fire)];
    let deed = prop_oneof![
        4 => (peer.clone(), "[a-d]{1,3}").prop_map(|(peer, text)| Deed::Write(peer, text)),
        2 => (0..9_usize).prop_map(Deed::Remove),
        1 => prop::option::of(0..9_usize).prop_map(Deed::Pin),
        2 => act.prop_map(Deed::Other),
        1 => peer.clone().prop_map(Deed::Rejoin),
        2 => (peer, reaction, 0..20_u32).prop_map(|(peer, which, n)| Deed::Tap(peer, which, n)),
        1 => Just(Deed::Tick),
    ];
    prop::collection::vec(deed, 1..60)
}

const NAMES: [(u64, &str); 3] = [(2, "vera"), (4, "olaf"), (5, "pia")];

fn carry_out(room: &mut Room, now_ms: u64, n: usize, deed: &Deed) -> Vec<Effect> {
    let id = |index: usize| room.state().chat.get(index).map_or(1, |line| line.id);
    let input = match deed.clone() {
        // Each line is one of a kind, so that it can be looked for.
        Deed::Write(peer, text) => Input::Ask(PeerId(peer), Ask::Chat(format!("{text} #{n}#"))),
        Deed::Remove(index) => Input::Ask(MODERATOR, Ask::Moderate(Act::Remove { id: id(index) })),
        Deed::Pin(index) => {
            let act = Act::PinLine { id: index.map(id) };
            Input::Ask(MODERATOR, Ask::Moderate(act))
        }
        Deed::Other(act) => Input::Ask(MODERATOR, Ask::Moderate(act)),
        Deed::Rejoin(peer) => {
            let name = NAMES
                .iter()
                .find(|(known, _)| *known == peer)
                .expect("one of them")
                .1;
            join(PeerId(peer), name, Role::Viewer)
        }
        Deed::Tap(peer, which, n) => Input::React(PeerId(peer), which, n),
        Deed::Tick => Input::Tick,
    };
    // Some are refused: that is part of the story.
    let _ = room.handle(now_ms, input);
    drain(room)
}

proptest! {
    #[test]
    fn what_was_removed_is_in_no_later_snapshot_and_in_no_past(deeds in deeds()) {
        let mut room = staffed();
        room.handle(0, join(PeerId(5), "pia", Role::Viewer)).expect("in");
        drain(&mut room);
        let (mut shown, mut gone) = (Vec::new(), Vec::new());
        for (n, deed) in deeds.iter().enumerate() {
            for effect in carry_out(&mut room, n as u64 * 500, n, deed) {
                let Effect::Entry(entry) = effect else { continue };
                match &entry.event {
                    RoomEvent::Chat(line) => shown.push(line.clone()),
                    RoomEvent::ChatRemoved { id } => {
                        gone.extend(shown.iter().filter(|line| line.id == *id).cloned());
                    }
                    _ => {}
                }
            }
        }
        let resume = from_start(&room);
        for seen in [seen_by(&mut room, "late", None), seen_by(&mut room, "back", resume)] {
            for line in &gone {
                prop_assert!(!seen.contains(&line.text), "{} in {seen}", line.text);
            }
        }
    }

    #[test]
    fn another_process_and_a_restart_come_to_the_same(deeds in deeds()) {
        let (mut room, mut far) = (staffed(), Room::new(info(), "far".into(), 7));
        room.handle(0, join(PeerId(5), "pia", Role::Viewer)).expect("in");
        drain(&mut room);
        let (mut kept, mut sanctions) = (Kept::default(), BTreeMap::new());
        for (n, deed) in deeds.iter().enumerate() {
            let now_ms = n as u64 * 500;
            for effect in carry_out(&mut room, now_ms, n, deed) {
                match effect {
                    Effect::Share(event) => far.handle(now_ms, Input::Remote(event)).expect("heard"),
                    Effect::Judged(judged) => {
                        let (judgement, after) = *judged;
                        // As the store does it.
                        judgement.act.person().map(|id| sanctions.remove(id));
                        for sanction in &after.sanctions {
                            sanctions.insert(sanction.participant.clone(), sanction.clone());
                        }
                        kept = after;
                        far.handle(now_ms, Input::RemoteJudgement(judgement)).expect("heard");
                    }
                    _ => {}
                }
            }
            drain(&mut far);
        }
        kept.sanctions = sanctions.into_values().collect();
        let chat = |state: &ShowState| (state.chat.clone(), state.chat_rules.clone());
        prop_assert_eq!(chat(far.state()), chat(room.state()));
        prop_assert_eq!(far.moderation.view(), room.moderation.view());
        let mut again = Room::new(info(), "again".into(), 8);
        again.handle(0, Input::Restore(kept)).expect("first");
        prop_assert_eq!(&again.state().chat_rules, &room.state().chat_rules);
        prop_assert_eq!(again.moderation.view(), room.moderation.view());
        prop_assert_eq!(again.banned(), room.banned());
    }

    #[test]
    fn reactions_told_are_the_reactions_taken(deeds in deeds()) {
        let mut room = staffed();
        room.handle(0, join(PeerId(5), "pia", Role::Viewer)).expect("in");
        let mut told = Counts::new();
        let (mut shared, mut tapped, mut remote) = (0, 0, 0);
        let deeds = deeds.iter().cloned().chain([Deed::Tick]);
        for (n, deed) in deeds.enumerate() {
            if let Deed::Tap(_, reaction, count) = &deed {
                tapped += count;
                remote += count;
                let counts = Counts::from([(*reaction, *count)]);
                room.handle(0, Input::RemoteReactions(counts)).expect("heard");
            }
            for effect in carry_out(&mut room, n as u64 * 500, n, &deed) {
                match effect {
                    Effect::Reactions(counts) => {
                        counts.into_iter().for_each(|(which, n)| *told.entry(which).or_default() += n);
                    }
                    Effect::ShareReactions(counts) => shared += counts.values().sum::<u32>(),
                    _ => {}
                }
            }
        }
        let told: u32 = told.values().sum();
        prop_assert_eq!(told, shared + remote, "what this process took and what others told");
        prop_assert!(shared <= tapped);
    }
}

#[test]
fn taps_are_counted_up_to_a_rate() {
    let mut room = staffed();
    for _ in 0..5 {
        room.handle(0, Input::React(VIEWER, Reaction::Heart, 8))
            .expect("taken");
    }
    room.handle(0, Input::React(OTHER, Reaction::Heart, 1))
        .expect("taken");
    room.handle(1_000, Input::React(OTHER, Reaction::Wow, 99))
        .expect("taken");
    drain(&mut room);
    room.handle(1_000, Input::Tick).expect("a second");
    let expected = Counts::from([(Reaction::Heart, 21), (Reaction::Wow, 10)]);
    let told = drain(&mut room);
    assert!(
        told.contains(&Effect::Reactions(expected.clone())),
        "{told:?}"
    );
    assert!(told.contains(&Effect::ShareReactions(expected)), "{told:?}");
    room.handle(2_000, Input::Tick).expect("a second");
    assert!(drain(&mut room).is_empty(), "nothing new");
}

#[test]
fn a_welcome_for_the_shadowed_is_in_order() {
    let mut room = staffed();
    write(&mut room, 1, OTHER, "one").expect("taken");
    does(&mut room, 2, HOST, shadow("vera")).expect("shadowed");
    write(&mut room, 3, VIEWER, "two").expect("whispered");
    write(&mut room, 4, OTHER, "three").expect("taken");
    drain(&mut room);
    room.handle(5, join(VIEWER, "vera", Role::Viewer))
        .expect("in");
    let lines = drain(&mut room)
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Welcome {
                state: JoinState::Snapshot { show, .. },
                ..
            } => Some(show.chat),
            _ => None,
        });
    let lines = lines.expect("a snapshot");
    let texts: Vec<_> = lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(texts, ["one", "two", "three"]);
}
