//! Two processes, one disk, one Redis: pins, chat and stock reach both; with Redis killed both
//! go on, an order is confirmed, and no page is disconnected.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use signaling::protocol::chat::Act;
use signaling::protocol::client::{ClientMessage, Reaction, Role};
use signaling::protocol::server::{RoomEvent, ServerMessage};
use tests::peer::Receiver;
use tests::server::Server;
use tests::session::{Player, Publisher};
use tests::ws::Page;

use super::{SHOW, World};

struct Redis(Child);

impl Redis {
    fn start(port: u16) -> anyhow::Result<Redis> {
        let child = Command::new("redis-server")
            .args([
                "--port",
                &port.to_string(),
                "--save",
                "",
                "--appendonly",
                "no",
            ])
            .args(["--bind", "127.0.0.1"])
            .stdout(Stdio::null())
            .spawn()
            .context("redis-server must be installed: `apt-get install redis-server`")?;
        Ok(Redis(child))
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Polls `/readyz` until Redis is in this state.
async fn until_redis(world: &World, url: &str, wanted: &str) -> anyhow::Result<()> {
    let poll = async {
        loop {
            let ready = world.client.get(format!("{url}/readyz")).send().await?;
            anyhow::ensure!(
                ready.status() == 200,
                "a lost Redis is no reason to be unready"
            );
            let ready: Value = ready.json().await?;
            if ready["redis"] == wanted {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), poll)
        .await
        .context("Redis in time")?
}

/// Waits until a player has been given so many more packets.
async fn until_more(player: &Player, packets: usize) -> anyhow::Result<()> {
    let wanted = player.received().total() + packets;
    let grow = async {
        while player.received().total() < wanted {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), grow)
        .await
        .context("packets arrive")
}

/// Buys two rugs.
async fn buy(world: &World, url: &str, token: &str) -> anyhow::Result<()> {
    let quote = world
        .client
        .get(format!("{}/api/v1/shows/lamp/quotes/rug", url));
    let quote: Value = quote.send().await?.error_for_status()?.json().await?;
    let order = world
        .client
        .post(format!("{}/api/v1/shows/lamp/orders", url));
    let order = order.bearer_auth(token).header("idempotency-key", "k1");
    let mut total = quote["unit_price"].clone();
    total["minor"] = json!(2 * total["minor"].as_i64().context("a price")?);
    let lines = json!([{ "quote": quote["quote"], "quantity": 2 }]);
    let order = order
        .json(&json!({ "lines": lines, "total": total }))
        .send()
        .await?;
    let order: Value = order.error_for_status()?.json().await?;
    let id = order["id"].as_str().context("an order has an id")?;
    let confirm = world
        .client
        .post(format!("{}/api/v1/orders/{id}/confirm", url));
    let contact = json!({ "name": "Ana", "contact": "ana@example.org" });
    let confirmed: Value = confirm
        .json(&contact)
        .send()
        .await?
        .error_for_status()?
        .json()
        .await?;
    assert_eq!(confirmed["state"], "confirmed");
    Ok(())
}

/// A viewer of the second process is banned from the first, and taps of the one are told in both.
async fn troll(world: &World, second: &str, host: &mut Page, far: &mut Page) -> anyhow::Result<()> {
    let token = world.disk.token(SHOW, Role::Viewer);
    let mut troll = Page::join(second, &token, None, None).await?;
    let awful = |request| ClientMessage::Chat {
        request,
        text: "awful".into(),
    };
    assert_eq!(troll.ask(awful).await?, Ok(()));
    let line = host
        .until(|event| matches!(event, RoomEvent::Chat(line) if line.text == "awful"))
        .await?;
    let RoomEvent::Chat(line) = line.event else {
        anyhow::bail!("a line was waited for");
    };
    let ban = |request| ClientMessage::Moderate {
        request,
        act: Act::Ban {
            participant: line.participant,
        },
    };
    assert_eq!(host.ask(ban).await?, Ok(()));
    far.until(|event| matches!(event, RoomEvent::ChatRemoved { id } if *id == line.id))
        .await?;
    assert!(far.show().chat.iter().all(|line| line.text != "awful"));
    while !matches!(troll.next().await?, ServerMessage::Bye { reason, .. } if reason == "removed") {
    }
    let tap = json!({ "type": "react", "reaction": "heart", "count": 3 });
    far.socket.send(tap.to_string()).await?;
    for page in [host, far] {
        while !matches!(page.next().await?,
            ServerMessage::Reactions { counts } if counts == [(Reaction::Heart, 3)].into())
        {
        }
    }
    Ok(())
}

#[tokio::test]
async fn two_processes_are_one_show_until_redis_dies_and_go_on_after() -> anyhow::Result<()> {
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let redis = Redis::start(port)?;
    let url = format!("redis://127.0.0.1:{port}/");
    let world = World::open_with(&["--redis", &url]).await?;
    world.import().await?;
    let second = Server::start(
        env!("CARGO_BIN_EXE_vitrine-tested"),
        &world.disk,
        &["--redis", &url],
    )?;
    for at in [world.server.url(), second.url()] {
        until_redis(&world, at, "connected").await?;
    }
    let mut host = Page::join(world.server.url(), &world.host, None, None).await?;
    let token = world.disk.token(SHOW, Role::Viewer);
    let mut far = Page::join(second.url(), &token, None, None).await?;

    let pin = |request| ClientMessage::Pin {
        request,
        product: "rug".into(),
    };
    assert_eq!(host.ask(pin).await?, Ok(()));
    far.until(|event| matches!(event, RoomEvent::Pinned(pin) if pin.product == "rug"))
        .await?;
    let chat = |request| ClientMessage::Chat {
        request,
        text: "hello".into(),
    };
    assert_eq!(far.ask(chat).await?, Ok(()));
    host.until(|event| matches!(event, RoomEvent::Chat(line) if line.text == "hello"))
        .await?;

    troll(&world, second.url(), &mut host, &mut far).await?;

    let whip = world.url("/whip/lamp");
    let publisher = Publisher::start(&world.client, &whip, Some(&world.host)).await?;
    let whep = world.url("/whep/lamp");
    let player = Player::start(&world.client, &whep, Receiver::Full, 0).await?;
    until_more(&player, 200).await?;

    drop(redis);
    for at in [world.server.url(), second.url()] {
        until_redis(&world, at, "lost").await?;
    }
    until_more(&player, 200)
        .await
        .context("the picture goes on without Redis")?;
    assert!(publisher.packets() > 0);
    buy(&world, second.url(), &token).await?;
    let stock = |event: &RoomEvent| matches!(event, RoomEvent::Stock { variant, available: 3, .. } if variant == "rug");
    far.until(stock).await?;
    host.until(stock)
        .await
        .context("the store tells the other process without Redis")?;
    let unpin = |request| ClientMessage::Unpin {
        request,
        product: "rug".into(),
    };
    assert_eq!(
        host.ask(unpin).await?,
        Ok(()),
        "the same page, still connected"
    );
    Ok(())
}
