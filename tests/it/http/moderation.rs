//! A chat kept in order over the doors: what is refused and how exactly, what is gone, who stays
//! out, and that all of it is there after the machine lost its power.

use serde_json::{Value, json};
use signaling::protocol::chat::Act;
use signaling::protocol::client::{ClientMessage, Role};
use signaling::protocol::server::ServerMessage;
use tests::server::Server;
use tests::ws::{Page, Socket, ticket};

use super::socket::{join, refused};
use super::{SHOW, World, check};

async fn does(page: &mut Page, act: Act) -> anyhow::Result<Result<(), String>> {
    page.ask(|request| ClientMessage::Moderate { request, act })
        .await
}

async fn write(page: &mut Page, text: &str) -> anyhow::Result<Result<(), String>> {
    let text = text.to_owned();
    page.ask(|request| ClientMessage::Chat { request, text })
        .await
}

/// A page's newest line in the chat, which has arrived.
async fn written(page: &mut Page, text: &str) -> anyhow::Result<u64> {
    anyhow::ensure!(write(page, text).await? == Ok(()), "`{text}` is taken");
    loop {
        let chat = &page.show().chat;
        if let Some(line) = chat.iter().find(|line| line.text == text) {
            return Ok(line.id);
        }
        page.next().await?;
    }
}

async fn page(world: &World, role: Role) -> anyhow::Result<(Page, String)> {
    let token = world.disk.token(SHOW, role);
    Ok((
        Page::join(world.server.url(), &token, None, None).await?,
        token,
    ))
}

#[tokio::test]
async fn a_removed_line_is_gone_for_who_comes_late_and_who_comes_back() -> anyhow::Result<()> {
    let world = World::open().await?;
    let (mut viewer, token) = page(&world, Role::Viewer).await?;
    let (mut moderator, _) = page(&world, Role::Moderator).await?;
    let before = (viewer.resume.clone(), viewer.show.clone());
    let id = written(&mut viewer, "call me at 555").await?;
    let line = Act::Remove { id };
    assert_eq!(
        does(&mut viewer, line.clone()).await?,
        Err("not_moderator".into())
    );
    let pin = Act::PinLine { id: Some(id) };
    assert_eq!(does(&mut moderator, pin).await?, Ok(()));
    assert_eq!(does(&mut moderator, line.clone()).await?, Ok(()));
    assert_eq!(
        does(&mut moderator, line).await?,
        Err("unknown_chat_line".into())
    );
    let (late, _) = page(&world, Role::Viewer).await?;
    assert!(late.show().chat.is_empty() && late.show().chat_rules.pinned.is_none());

    viewer.socket.close().await?;
    let mut socket = Socket::open(world.server.url()).await?;
    let mut back = join(&ticket(world.server.url(), &token).await?);
    back["resume"] = json!(before.0);
    socket.send(back.to_string()).await?;
    let joined = serde_json::to_string(&socket.next().await?)?;
    assert!(joined.contains("\"entries\""), "resumed: {joined}");
    assert!(!joined.contains("555"), "{joined}");
    Ok(())
}

#[tokio::test]
async fn refusals_say_what_and_how_long() -> anyhow::Result<()> {
    let world = World::open().await?;
    let (mut viewer, _) = page(&world, Role::Viewer).await?;
    let mut host = Page::join(world.server.url(), &world.host, None, None).await?;
    assert_eq!(
        does(&mut host, Act::SlowMode { seconds: 601 }).await?,
        Err("bad_act".into())
    );
    assert_eq!(
        does(&mut host, Act::SlowMode { seconds: 60 }).await?,
        Ok(())
    );
    written(&mut viewer, "one").await?;
    let two = |request| ClientMessage::Chat {
        request,
        text: "two".into(),
    };
    let ServerMessage::Refused {
        code,
        message,
        wait_ms,
        ..
    } = viewer.answer(two).await?
    else {
        anyhow::bail!("slow mode refuses");
    };
    let wait_ms = wait_ms.unwrap_or_default();
    assert_eq!(code, "slow_mode");
    assert!((30_000..=60_000).contains(&wait_ms), "{wait_ms}");
    assert_eq!(
        message,
        format!(
            "slow mode: you can write again in {} s",
            wait_ms.div_ceil(1_000)
        )
    );

    let participant = viewer.you.id.clone();
    let mute = Act::Mute {
        participant,
        seconds: 600,
    };
    assert_eq!(does(&mut host, mute).await?, Ok(()));
    assert_eq!(write(&mut viewer, "three").await?, Err("muted".into()));
    let other = |participant: &str| Act::Ban {
        participant: participant.into(),
    };
    assert_eq!(
        does(&mut host, other("nobody")).await?,
        Err("unknown_participant".into())
    );
    let own = host.you.id.clone();
    assert_eq!(
        does(&mut host, other(&own)).await?,
        Err("runs_the_show".into())
    );
    Ok(())
}

#[tokio::test]
async fn an_act_that_cannot_be_read_is_answered() -> anyhow::Result<()> {
    let world = World::open().await?;
    let mut host = Page::join(world.server.url(), &world.host, None, None).await?;
    for text in [
        json!({ "type": "moderate", "request": 50, "act": { "act": "hang", "participant": "x" } }),
        json!({ "type": "moderate", "request": 50, "act": { "act": "ban" } }),
        json!({ "type": "translate", "request": 50, "id": -1, "language": "en" }),
    ] {
        host.socket.send(text.to_string()).await?;
        loop {
            if let ServerMessage::Refused {
                request: Some(50),
                code,
                ..
            } = host.next().await?
            {
                assert_eq!(code, "malformed_message", "{text}");
                break;
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_translation_that_cannot_be_had_says_why() -> anyhow::Result<()> {
    let world = World::open().await?;
    let (mut viewer, _) = page(&world, Role::Viewer).await?;
    let id = written(&mut viewer, "Quanto custa?").await?;
    let mut ask = async |id: u64, language: &str| {
        let language = language.to_owned();
        viewer
            .ask(|request| ClientMessage::Translate {
                request,
                id,
                language,
            })
            .await
    };
    assert_eq!(ask(id, "not a tag").await?, Err("bad_language".into()));
    assert_eq!(ask(id + 1, "en").await?, Err("unknown_chat_line".into()));
    assert_eq!(ask(id, "en").await?, Err("translation_off".into()));
    for _ in 0..20 {
        if ask(id, "en").await? == Err("translate_too_fast".into()) {
            return Ok(());
        }
    }
    anyhow::bail!("twenty translations at once")
}

#[tokio::test]
async fn a_ban_holds_at_every_door_and_after_a_power_cut() -> anyhow::Result<()> {
    let mut world = World::open().await?;
    let (mut troll, token) = page(&world, Role::Guest).await?;
    let (mut quiet, quiet_token) = page(&world, Role::Viewer).await?;
    let (mut moderator, moderator_token) = page(&world, Role::Moderator).await?;
    let mut host = Page::join(world.server.url(), &world.host, None, None).await?;
    written(&mut troll, "awful").await?;
    let words = Act::Words {
        words: vec!["junk".into()],
    };
    assert_eq!(does(&mut host, words).await?, Ok(()));
    assert_eq!(does(&mut host, Act::SlowMode { seconds: 5 }).await?, Ok(()));
    let (participant, shadowed) = (troll.you.id.clone(), quiet.you.id.clone());
    let shadow = Act::Shadow {
        participant: shadowed,
    };
    assert_eq!(does(&mut moderator, shadow).await?, Ok(()));
    let ban = Act::Ban { participant };
    assert_eq!(does(&mut moderator, ban.clone()).await?, Ok(()));
    while !matches!(troll.next().await?, ServerMessage::Bye { reason, reconnect: false } if reason == "removed")
    {
    }

    for _ in 0..2 {
        stays_out(&world, &token).await?;
        let hello = json!({ "type": "chat", "request": 90, "text": "hello" });
        quiet.socket.send(hello.to_string()).await?;
        while !matches!(quiet.next().await?, ServerMessage::Line(line) if line.text == "hello") {}
        let (mut other, _) = page(&world, Role::Viewer).await?;
        assert!(other.show().chat.is_empty(), "{:?}", other.show().chat);
        assert_eq!(other.show().chat_rules.slow_s, 5);
        assert_eq!(
            write(&mut other, "what a JUNK").await?,
            Err("blocked_words".into())
        );
        log(&world, &moderator_token, &ban).await?;
        // Killed, not stopped.
        let binary = env!("CARGO_BIN_EXE_vitrine-tested");
        world.server = Server::start(binary, &world.disk, &[])?;
        quiet = Page::join(world.server.url(), &quiet_token, None, None).await?;
    }
    Ok(())
}

async fn stays_out(world: &World, token: &str) -> anyhow::Result<()> {
    let ticket = ticket(world.server.url(), token).await?;
    refused(world, join(&ticket).to_string(), "banned").await?;
    let captions = world
        .client
        .get(world.url("/captions/lamp/en.vtt"))
        .bearer_auth(token);
    check(captions, 403, "banned").await?;
    Ok(())
}

/// The audit log has who, whom, what and when, for hosts only.
async fn log(world: &World, moderator: &str, last: &Act) -> anyhow::Result<()> {
    let url = world.url("/api/v1/shows/lamp/moderation");
    check(world.client.get(&url), 401, "token_missing").await?;
    check(
        world.client.get(&url).bearer_auth(moderator),
        403,
        "not_host",
    )
    .await?;
    let bad = world.client.get(format!("{url}?before=x"));
    check(bad.bearer_auth(&world.host), 400, "bad_query").await?;
    let get = async |url: String| -> anyhow::Result<Value> {
        let answer = world
            .client
            .get(url)
            .bearer_auth(&world.host)
            .send()
            .await?;
        Ok(answer.error_for_status()?.json().await?)
    };
    let log = get(url.clone()).await?;
    let done = log["judgements"].as_array().expect("a list");
    let acts: Vec<_> = done
        .iter()
        .map(|one| one["act"]["act"].as_str().unwrap_or_default())
        .collect();
    assert_eq!(acts, ["ban", "shadow", "slow_mode", "words"]);
    assert_eq!(done[0]["act"], json!(last));
    assert_eq!(done[0]["whom"]["id"], done[0]["act"]["participant"]);
    assert_ne!(
        done[0]["by"]["id"], done[3]["by"]["id"],
        "a moderator and a host"
    );
    assert!(done[0]["at_ms"].as_u64() >= done[1]["at_ms"].as_u64());
    let older = get(format!("{url}?before={}", done[1]["id"])).await?;
    assert_eq!(older["judgements"].as_array().map(Vec::len), Some(2));
    assert_eq!(older["next"], Value::Null);
    Ok(())
}
