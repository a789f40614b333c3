//! Vitrine keeps every rule of the conformance suite, the advice included.

use signaling::protocol::client::Role;
use tests::conformance::{Outcome, Protocol, Target, Verdict, run};

use super::{SHOW, World};

async fn every_rule_is_kept(
    world: &World,
    protocol: Protocol,
    show: &str,
    token: &str,
) -> anyhow::Result<()> {
    let door = match protocol {
        Protocol::Whip => "whip",
        Protocol::Whep => "whep",
    };
    let target = Target {
        protocol,
        endpoint: world.url(&format!("/{door}/{show}")),
        token: Some(token.to_owned()),
    };
    let outcomes = run(&target).await?;
    let lines: Vec<_> = outcomes.iter().map(Outcome::line).collect();
    println!("{}", lines.join("\n"));
    let bad = outcomes.iter().filter(|o| o.verdict != Verdict::Kept);
    let bad: Vec<_> = bad.map(Outcome::line).collect();
    anyhow::ensure!(bad.is_empty(), "{}", bad.join("\n"));
    anyhow::ensure!(outcomes.len() > 40, "the table is not empty");
    Ok(())
}

const ICE_SERVERS: [&str; 4] = [
    "--ice-server",
    "stun:stun.example.net",
    "--ice-server",
    "turn:anna:secret@turn.example.net:3478?transport=udp",
];

#[tokio::test]
async fn whip() -> anyhow::Result<()> {
    let world = World::open_with(&ICE_SERVERS).await?;
    let (show, token) = (SHOW, &world.host);
    every_rule_is_kept(&world, Protocol::Whip, show, token).await
}

/// A private show, so that the rules about tokens apply.
#[tokio::test]
async fn whep() -> anyhow::Result<()> {
    let world = World::open_with(&ICE_SERVERS).await?;
    let host = world.disk.token("private", Role::Host);
    let body = serde_json::json!({ "name": "private", "title": "P", "private": true });
    let made = world
        .client
        .post(world.url("/api/v1/shows"))
        .bearer_auth(&host);
    made.json(&body).send().await?.error_for_status()?;
    let viewer = world.disk.token("private", Role::Viewer);
    every_rule_is_kept(&world, Protocol::Whep, "private", &viewer).await
}

/// The suite must be able to fail: a server that is none breaks nearly everything.
#[tokio::test]
async fn what_is_no_endpoint_fails() -> anyhow::Result<()> {
    let world = World::open().await?;
    let target = Target {
        protocol: Protocol::Whip,
        endpoint: world.url("/livez"),
        token: None,
    };
    let outcomes = run(&target).await?;
    let failed = outcomes
        .iter()
        .filter(|outcome| outcome.is_failure())
        .count();
    anyhow::ensure!(failed > 20, "only {failed} failures");
    Ok(())
}

#[tokio::test]
async fn ice_servers_are_told_with_their_credentials() -> anyhow::Result<()> {
    let world = World::open_with(&ICE_SERVERS).await?;
    let created = world.offer("/whip/lamp", Some(&world.host)).send().await?;
    let links = created.headers().get_all("link").iter();
    let links: Vec<_> = links.filter_map(|link| link.to_str().ok()).collect();
    assert_eq!(
        links,
        [
            "<stun:stun.example.net>; rel=\"ice-server\"",
            "<turn:turn.example.net:3478?transport=udp>; rel=\"ice-server\"; \
             username=\"anna\"; credential=\"secret\"; credential-type=\"password\"",
        ]
    );
    Ok(())
}
