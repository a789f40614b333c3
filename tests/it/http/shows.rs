//! Shows, pages, health and metrics over HTTP.

use serde_json::{Value, json};
use signaling::protocol::client::Role;

use super::{SHOW, World, check};

#[tokio::test]
async fn a_show_is_made_by_its_host_and_only_once() -> anyhow::Result<()> {
    let world = World::open().await?;
    let post = |token: &str, body: Value| {
        world
            .client
            .post(world.url("/api/v1/shows"))
            .bearer_auth(token)
            .json(&body)
    };
    let good = json!({ "name": SHOW, "title": "Lamps" });
    check(post(&world.host, good.clone()), 409, "show_exists").await?;
    let viewer = world.disk.token("chair", Role::Viewer);
    let chair = json!({ "name": "chair", "title": "Chairs" });
    check(post(&viewer, chair.clone()), 403, "not_host").await?;
    check(post(&world.host, chair), 403, "not_host").await?;
    for (body, code) in [
        (json!({ "name": "Bad Name", "title": "x" }), "invalid_body"),
        (json!({ "name": SHOW, "title": " " }), "invalid_body"),
        (
            json!({ "name": SHOW, "title": "x", "surprise": 1 }),
            "invalid_body",
        ),
        (
            json!({ "name": SHOW, "title": "x", "cover": "javascript:alert(1)" }),
            "invalid_body",
        ),
        (json!({ "name": SHOW }), "invalid_body"),
    ] {
        check(post(&world.host, body), 422, code).await?;
    }
    let raw = world
        .client
        .post(world.url("/api/v1/shows"))
        .bearer_auth(&world.host);
    let raw = raw.header("content-type", "application/json").body("{");
    check(raw, 400, "malformed_json").await?;
    check(
        world.client.get(world.url("/api/v1/shows/nowhere")),
        404,
        "not_found",
    )
    .await?;
    check(
        world.client.get(world.url("/api/v1/nowhere")),
        404,
        "not_found",
    )
    .await?;
    Ok(())
}

#[tokio::test]
async fn a_visitor_gets_a_viewer_grant() -> anyhow::Result<()> {
    let world = World::open().await?;
    let visit = world.client.post(world.url("/api/v1/shows/lamp/visit"));
    let visit = visit.json(&json!({ "name": "Ana" })).send().await?;
    assert_eq!(visit.status(), 200);
    let visit: Value = visit.json().await?;
    let token = visit["token"].as_str().unwrap_or_default();
    assert!(
        tests::ws::ticket(world.server.url(), token).await.is_ok(),
        "good for more tickets"
    );
    let publish = world
        .client
        .post(world.url("/whip/lamp"))
        .bearer_auth(token);
    check(
        publish.header("content-type", "application/sdp"),
        403,
        "not_on_stage",
    )
    .await?;
    let long = world.client.post(world.url("/api/v1/shows/lamp/visit"));
    check(
        long.json(&json!({ "name": "x".repeat(65) })),
        422,
        "invalid_body",
    )
    .await?;
    Ok(())
}

#[tokio::test]
async fn health_metrics_and_pages_answer() -> anyhow::Result<()> {
    let world = World::open().await?;
    let text = async |path: &str| -> anyhow::Result<(u16, String)> {
        let response = world.client.get(world.url(path)).send().await?;
        Ok((response.status().as_u16(), response.text().await?))
    };
    assert_eq!(text("/livez").await?.0, 200);
    let (status, ready) = text("/readyz").await?;
    let ready: Value = serde_json::from_str(&ready)?;
    assert_eq!(
        (status, &ready["ready"], &ready["redis"]),
        (200, &json!(true), &json!("off"))
    );
    assert_eq!(
        ready["captions"]["state"], "off",
        "and it says why: {ready}"
    );
    let (_, metrics) = text("/metrics").await?;
    assert!(
        metrics.contains("vitrine_media_sent_packets_total"),
        "{metrics}"
    );
    assert!(
        metrics.contains("route=\"/api/v1/shows\""),
        "routes, not paths: {metrics}"
    );
    assert!(!metrics.contains("lamp"), "no show is a label");
    for path in ["/", "/s/lamp", "/host/lamp"] {
        let page = world.client.get(world.url(path)).send().await?;
        assert_eq!(page.status(), 200);
        let policy = page.headers().get("content-security-policy").cloned();
        assert!(
            policy.is_some_and(|policy| !policy.is_empty()),
            "{path} has a policy"
        );
        assert!(page.text().await?.contains("Vitrine"));
    }
    let (status, vtt) = text("/captions/lamp/en.vtt").await?;
    assert_eq!((status, vtt.as_str()), (200, "WEBVTT\n"));
    assert_eq!(text("/captions/lamp/en").await?.0, 404);
    assert_eq!(text("/trust").await?.0, 404, "no CA of its own");
    Ok(())
}

#[tokio::test]
async fn a_local_ca_serves_https_and_can_be_trusted() -> anyhow::Result<()> {
    let world = World::open_with(&["--tls-self", "--listen-tls", "127.0.0.1:0"]).await?;
    let info = world.client.get(world.url("/api/v1/server")).send().await?;
    let info: Value = info.json().await?;
    assert_eq!(info["secure"], false);
    let port = info["secure_port"].as_u64().unwrap_or_default();
    let ca = world
        .client
        .get(world.url("/ca.crt"))
        .send()
        .await?
        .bytes()
        .await?;
    let trusting = reqwest::Client::builder()
        .tls_certs_only([reqwest::Certificate::from_pem(&ca)?])
        .build()?;
    let secure = trusting
        .get(format!("https://localhost:{port}/api/v1/server"))
        .send()
        .await?;
    let secure: Value = secure.json().await?;
    assert_eq!(secure["secure"], true);
    let page = world
        .client
        .get(world.url("/trust"))
        .send()
        .await?
        .text()
        .await?;
    assert!(page.contains("<svg"), "a code to scan");
    let stranger = reqwest::Client::new();
    let refused = stranger
        .get(format!("https://localhost:{port}/livez"))
        .send()
        .await;
    assert!(refused.is_err(), "who does not trust the CA is not let in");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_a_public_show_says_what_it_sells() -> anyhow::Result<()> {
    let world = World::open().await?;
    world.import().await?;
    let page = world.client.get(world.url("/s/lamp")).send().await?;
    let policy = page.headers().get("content-security-policy").cloned();
    anyhow::ensure!(policy.is_some_and(|policy| {
        policy
            .to_str()
            .is_ok_and(|p| p.contains("script-src 'self'"))
    }));
    let page = page.text().await?;
    let data = page
        .split("application/ld+json\">")
        .nth(1)
        .and_then(|rest| rest.split("</script>").next());
    let data: Value = serde_json::from_str(data.unwrap_or_default())?;
    assert_eq!(data["@graph"][0]["name"], "Lamps");
    assert_eq!(data["@graph"][0]["url"], world.url("/s/lamp"));
    assert_eq!(data["@graph"][1]["offers"][0]["price"], "49.90");
    let other = world
        .client
        .get(world.url("/s/nowhere"))
        .send()
        .await?
        .text()
        .await?;
    assert!(!other.contains("ld+json"));
    Ok(())
}
