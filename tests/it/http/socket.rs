//! The WebSocket: joining, resuming, asking, and everything a page should not send.

use serde_json::json;
use signaling::protocol::client::{ClientMessage, Phase, Role};
use signaling::protocol::server::{RoomEvent, ServerMessage};
use tests::ws::{Page, Socket, ticket};

use super::{SHOW, World};

/// Opens a socket, sends one text, and expects the connection to be refused.
pub(super) async fn refused(world: &World, text: String, code: &str) -> anyhow::Result<()> {
    let mut socket = Socket::open(world.server.url()).await?;
    socket.send(text.clone()).await?;
    match socket.next().await? {
        Some(ServerMessage::Refused {
            request: None,
            code: found,
            ..
        }) => {
            anyhow::ensure!(found == code, "{found} instead of {code} for {text}");
        }
        other => anyhow::bail!("{other:?} instead of {code} for {text}"),
    }
    anyhow::ensure!(socket.next().await?.is_none(), "closed after {code}");
    Ok(())
}

pub(super) fn join(ticket: &str) -> serde_json::Value {
    json!({ "type": "join", "protocol": 1, "ticket": ticket })
}

#[tokio::test]
async fn what_is_no_join_is_refused() -> anyhow::Result<()> {
    let world = World::open().await?;
    let fresh = async || ticket(world.server.url(), &world.host).await;
    refused(&world, "hello".into(), "malformed_message").await?;
    refused(
        &world,
        json!({ "type": "pin", "request": 1, "product": "x" }).to_string(),
        "not_joined",
    )
    .await?;
    refused(&world, join("never-issued").to_string(), "invalid_ticket").await?;
    let mut old = join(&fresh().await?);
    old["protocol"] = 99.into();
    refused(&world, old.to_string(), "unsupported_protocol").await?;
    let mut more = join(&fresh().await?);
    more["surprise"] = true.into();
    refused(&world, more.to_string(), "malformed_message").await?;
    let mut bad = join(&fresh().await?);
    bad["captions"] = "not a tag".into();
    refused(&world, bad.to_string(), "bad_language").await?;
    let mut sdp = join(&fresh().await?);
    sdp["offer"] = "rubbish".into();
    refused(&world, sdp.to_string(), "malformed_sdp").await?;
    let stranger = ticket(world.server.url(), &world.disk.token("nowhere", Role::Host)).await?;
    refused(&world, join(&stranger).to_string(), "unknown_show").await?;

    let used = fresh().await?;
    let mut first = Socket::open(world.server.url()).await?;
    first.send(join(&used).to_string()).await?;
    assert!(matches!(
        first.next().await?,
        Some(ServerMessage::Joined { .. })
    ));
    refused(&world, join(&used).to_string(), "invalid_ticket").await?;
    Ok(())
}

#[tokio::test]
async fn a_bad_request_is_answered_and_the_page_stays() -> anyhow::Result<()> {
    let world = World::open().await?;
    world.import().await?;
    let mut host = Page::join(world.server.url(), &world.host, None, None).await?;
    let before = host.show().clone();
    host.socket
        .send(r#"{"type":"pin","request":77,"product":7}"#)
        .await?;
    loop {
        if let ServerMessage::Refused { request, code, .. } = host.next().await? {
            assert_eq!((request, code.as_str()), (Some(77), "malformed_message"));
            break;
        }
    }
    let unknown = |request| ClientMessage::Pin {
        request,
        product: "unknown".into(),
    };
    assert_eq!(host.ask(unknown).await?, Err("unknown_product".into()));
    let publish = |request| ClientMessage::Publish {
        request,
        offer: "rubbish".into(),
        source: signaling::protocol::client::SourceKind::Camera,
    };
    assert_eq!(host.ask(publish).await?, Err("malformed_sdp".into()));
    assert_eq!(host.show().pins, before.pins, "nothing was changed");
    let pin = |request| ClientMessage::Pin {
        request,
        product: "rug".into(),
    };
    assert_eq!(host.ask(pin).await?, Ok(()));
    Ok(())
}

#[tokio::test]
async fn a_viewer_sees_pins_and_resumes_without_losing_one() -> anyhow::Result<()> {
    let world = World::open().await?;
    world.import().await?;
    let url = world.server.url();
    let mut host = Page::join(url, &world.host, None, None).await?;
    let token = world.disk.token(SHOW, Role::Viewer);
    let mut viewer = Page::join(url, &token, None, None).await?;
    assert_eq!(
        viewer.show().products.len(),
        2,
        "the shelf is in the snapshot"
    );
    let denied = |request| ClientMessage::Pin {
        request,
        product: "rug".into(),
    };
    assert_eq!(viewer.ask(denied).await?, Err("not_presenter".into()));

    assert_eq!(host.ask(denied).await?, Ok(()));
    let pinned =
        |event: &RoomEvent| matches!(event, RoomEvent::Pinned(pin) if pin.product == "rug");
    let entry = viewer.until(pinned).await?;
    assert!(
        entry.at_ms > 1_700_000_000_000,
        "media time is the server's clock"
    );

    let (resume, known) = (viewer.resume.clone(), viewer.show.clone());
    viewer.socket.close().await?;
    let cup = |request| ClientMessage::Pin {
        request,
        product: "cup".into(),
    };
    assert_eq!(host.ask(cup).await?, Ok(()));
    let viewer = Page::join(url, &token, Some(resume), known).await?;
    assert!(viewer.was_resumed, "entries, not a snapshot");
    let pins: Vec<_> = viewer
        .show()
        .pins
        .iter()
        .map(|pin| pin.product.as_str())
        .collect();
    assert_eq!(pins, ["rug", "cup"]);
    Ok(())
}

#[tokio::test]
async fn a_viewer_is_promoted_on_the_same_socket() -> anyhow::Result<()> {
    let world = World::open().await?;
    let url = world.server.url();
    let mut host = Page::join(url, &world.host, None, None).await?;
    let mut viewer = Page::join(url, &world.disk.token(SHOW, Role::Viewer), None, None).await?;
    let publish = |request| ClientMessage::Publish {
        request,
        offer: "rubbish".into(),
        source: signaling::protocol::client::SourceKind::Camera,
    };
    assert_eq!(viewer.ask(publish).await?, Err("not_on_stage".into()));
    let who = viewer.you.id.clone();
    let promote = |request| ClientMessage::Promote {
        request,
        participant: who,
        role: Role::Guest,
    };
    assert_eq!(host.ask(promote).await?, Ok(()));
    loop {
        if let ServerMessage::Role { role } = viewer.next().await? {
            assert_eq!(role, Role::Guest);
            break;
        }
    }
    // The offer is read now: the door is open, only the SDP is bad.
    assert_eq!(viewer.ask(publish).await?, Err("malformed_sdp".into()));
    Ok(())
}

#[tokio::test]
async fn a_second_page_of_one_grant_takes_the_place_of_the_first() -> anyhow::Result<()> {
    let world = World::open().await?;
    let url = world.server.url();
    let mut first = Page::join(url, &world.host, None, None).await?;
    let _second = Page::join(url, &world.host, None, None).await?;
    loop {
        if let ServerMessage::Bye { reason, reconnect } = first.next().await? {
            assert_eq!((reason.as_str(), reconnect), ("replaced", false));
            return Ok(());
        }
    }
}

#[tokio::test]
async fn the_phase_is_the_hosts_and_survives_a_restart() -> anyhow::Result<()> {
    let world = World::open().await?;
    let mut host = Page::join(world.server.url(), &world.host, None, None).await?;
    let live = |request| ClientMessage::Phase {
        request,
        phase: Phase::Live,
    };
    assert_eq!(host.ask(live).await?, Ok(()));
    let World {
        server,
        disk,
        client,
        ..
    } = world;
    server.kill()?;
    let server = tests::server::Server::start(env!("CARGO_BIN_EXE_vitrine-tested"), &disk, &[])?;
    let show = client
        .get(format!("{}/api/v1/shows/lamp", server.url()))
        .send()
        .await?;
    let show: serde_json::Value = show.json().await?;
    assert_eq!(show["phase"], "live");
    Ok(())
}
