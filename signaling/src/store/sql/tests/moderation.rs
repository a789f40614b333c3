//! What is done to keep a chat in order is in the tables before it is answered.

use tokio::sync::oneshot;

use super::*;
use crate::protocol::chat::{Act, Judgement, Person, Sanction};
use crate::protocol::server::ChatRules;
use crate::room::Kept;
use crate::store::moderation::ModerationStore;

fn judgement(id: u64, act: Act) -> Judgement {
    let person = |id: &str| Person {
        id: id.into(),
        name: id.to_uppercase(),
    };
    Judgement {
        id,
        at_ms: id,
        by: person("host"),
        whom: act.person().map(person),
        act,
        line: None,
    }
}

fn sanction(participant: &str, at_ms: u64) -> Sanction {
    Sanction {
        participant: participant.into(),
        name: participant.to_uppercase(),
        at_ms,
        ..Sanction::default()
    }
}

#[tokio::test]
async fn rules_sanctions_and_the_audit_log_survive() {
    let place = Place::new();
    let database = place.database().await;
    let (store, writer) = ModerationStore::of(&database);
    let save = async |judgement: Judgement, kept: Kept| {
        let (reply, answer) = oneshot::channel();
        store.save(SHOW, (judgement, kept), reply);
        assert_eq!(answer.await.expect("an answer"), Ok(()));
    };
    let rules = Kept {
        rules: ChatRules {
            slow_s: 30,
            pinned: None,
        },
        words: vec!["spam".into()],
        sanctions: Vec::new(),
    };
    save(judgement(1, Act::SlowMode { seconds: 30 }), rules.clone()).await;
    for (id, name) in [(2, "eve"), (3, "mal")] {
        let ban = Act::Ban {
            participant: name.into(),
        };
        let kept = Kept {
            sanctions: vec![Sanction {
                banned: true,
                ..sanction(name, id)
            }],
            ..rules.clone()
        };
        save(judgement(id, ban), kept).await;
    }
    let pardon = Act::Pardon {
        participant: "eve".into(),
    };
    save(judgement(4, pardon), rules.clone()).await;
    drop(store);
    writer.await.expect("it ends with its last handle");

    let (again, _) = ModerationStore::of(&database);
    let kept = again.kept(SHOW).await.expect("read");
    assert_eq!((kept.rules, kept.words), (rules.rules, rules.words));
    let left: Vec<_> = kept
        .sanctions
        .iter()
        .map(|one| one.participant.as_str())
        .collect();
    assert_eq!(left, ["mal"], "the pardoned one is gone, the other is not");
    assert!(kept.sanctions[0].banned);
    let ids = async |show: &str, before| -> Vec<u64> {
        let log = again.log(show, before).await.expect("read");
        log.iter().map(|judgement| judgement.id).collect()
    };
    assert_eq!(ids(SHOW, None).await, [4, 3, 2, 1], "the newest first");
    assert_eq!(ids(SHOW, Some(3)).await, [2, 1]);
    assert_eq!(ids("another", None).await, [0; 0]);
}
