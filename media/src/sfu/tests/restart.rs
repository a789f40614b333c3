//! ICE restarts of publishers and viewers, in virtual time: media goes on under the same keys.

use std::time::Duration;

use super::reach::{peer_at, play, server};
use crate::handle::{OfferError, Patched, SessionId};
use crate::limits::CONSENT_TIMEOUT;
use crate::testing::{Caller, Wish, World};

const SECOND: Duration = Duration::from_secs(1);

/// A publisher and a viewer that sees its picture, each with its session.
struct Show {
    world: World,
    publisher: (usize, SessionId),
    viewer: (usize, SessionId),
}

impl Show {
    fn open() -> Show {
        let mut world = World::new(server());
        let publisher = world.admit(Wish::Publish, Caller::new(Wish::Publish, peer_at(10)));
        let viewer = world.admit(Wish::View, Caller::new(Wish::View, peer_at(11)));
        let both = |world: &World| world.callers.iter().all(|caller| caller.connected);
        assert!(world.run_until(5 * SECOND, both));
        world.run(Duration::from_millis(100));
        Show {
            world,
            publisher,
            viewer,
        }
    }

    /// How many of these frames the viewer got.
    fn play(&mut self, frames: usize) -> usize {
        play(&mut self.world, self.publisher.0, self.viewer.0, frames)
    }

    /// Asks for a restart under this ufrag; returns its number and the server's fragment.
    fn restart(&mut self, session: SessionId, ufrag: &str) -> (u32, String) {
        match self.world.sfu.patch(session, &fragment(ufrag)) {
            Ok(Patched::Restarted { restarts, fragment }) => (restarts, fragment),
            other => panic!("{other:?}"),
        }
    }

    /// A peer takes the new credentials over, when no answer to an old check is on its way.
    fn take_over(&mut self, place: usize, ufrag: &str, fragment: &str) {
        let checks = self.world.checks.take();
        self.world.run(Duration::from_millis(100));
        self.world.checks = checks;
        self.world.callers[place].restarted(ufrag, fragment);
    }
}

fn fragment(ufrag: &str) -> String {
    format!(
        "a=ice-ufrag:{ufrag}\r\na=ice-pwd:bbbbbbbbbbbbbbbbbbbbbbbb\r\nm=video 9 RTP/AVP 0\r\n\
         a=mid:0\r\na=candidate:1 1 udp 2122260223 127.0.0.2 99 typ host\r\na=end-of-candidates\r\n"
    )
}

#[test]
fn media_goes_on_over_a_restart_and_a_move() {
    let mut show = Show::open();
    for (place, session) in [show.publisher, show.viewer] {
        let (restarts, answer) = show.restart(session, "second");
        assert_eq!(restarts, 1);
        assert!(answer.contains("a=ice-lite") && answer.contains("127.0.0.1 5000 typ host"));
        // The peer has not heard yet: what it has holds.
        let answers = show.world.callers[place].answers;
        assert_eq!(show.play(30), 30);
        assert!(
            show.world.callers[place].answers > answers,
            "old checks are answered"
        );

        let old = show.world.callers[place].check(true);
        let old_address = show.world.callers[place].address;
        show.take_over(place, "second", &answer);
        show.world.callers[place].address = peer_at(20 + place as u16);
        show.world.run(SECOND);
        assert_eq!(show.play(30), 30, "from and to the new address");
        show.world.astray.clear();
        show.world.send_from(old_address, old);
        show.world.run(SECOND);
        assert!(show.world.astray.is_empty(), "the old credentials are over");
        assert_eq!(show.world.callers[place].forged, 0, "the same keys");
    }
    assert_eq!(show.play(30), 30);
}

#[test]
fn a_restart_whose_answer_is_lost_changes_nothing() {
    let mut show = Show::open();
    for (place, session) in [show.publisher, show.viewer] {
        let (_, lost) = show.restart(session, "second");
        show.world.run(2 * CONSENT_TIMEOUT);
        assert_eq!(show.play(10), 10, "the old credentials hold");
        // The next one replaces it.
        let (restarts, answer) = show.restart(session, "third");
        assert_eq!(restarts, 2);
        show.take_over(place, "second", &lost);
        let answered = show.world.callers[place].answers;
        show.world.run(SECOND);
        assert_eq!(show.world.callers[place].answers, answered, "given up");
        show.take_over(place, "third", &answer);
        show.world.run(SECOND);
        assert!(show.world.callers[place].answers > answered);
        assert_eq!(show.play(10), 10);
    }
}

#[test]
fn what_is_no_restart_leaves_the_credentials() {
    let mut show = Show::open();
    for (_, session) in [show.publisher, show.viewer] {
        let same = "a=ice-ufrag:callerfrag\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n";
        let candidates = "m=video 9 RTP/AVP 0\r\na=mid:0\r\na=end-of-candidates\r\n";
        for noted in [same, candidates] {
            assert_eq!(
                show.world.sfu.patch(session, noted),
                Ok(Patched::Noted),
                "{noted}"
            );
        }
        let junk = show.world.sfu.patch(session, "hello");
        assert!(matches!(junk, Err(OfferError::Malformed(_))), "{junk:?}");
        assert_eq!(show.play(10), 10);
    }
    let nobody = show
        .world
        .sfu
        .patch(SessionId(u64::MAX), &fragment("second"));
    assert_eq!(nobody, Err(OfferError::NoSession));
}
