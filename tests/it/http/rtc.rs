//! WHIP (RFC 9725) and WHEP by the letter, with bad offers and bad tokens.

use std::time::Duration;

use reqwest::Method;
use signaling::protocol::client::Role;
use tests::peer::Receiver;
use tests::session::{Player, Publisher};

use super::{SHOW, World, check};

/// What FFmpeg 9 sends, shortened to what a server reads.
const OFFER: &str = "v=0\r\no=FFmpeg 1 2 IN IP4 127.0.0.1\r\ns=FFmpegPublishSession\r\nt=0 0\r\n\
a=group:BUNDLE 0 1\r\na=extmap-allow-mixed\r\na=msid-semantic: WMS\r\n\
m=audio 9 UDP/TLS/RTP/SAVPF 111\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n\
a=ice-pwd:abcdefghijklmnopqrstuvwx\r\n\
a=fingerprint:sha-256 6B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08\r\n\
a=setup:passive\r\na=mid:0\r\na=sendonly\r\na=msid:FFmpeg audio\r\na=rtcp-mux\r\n\
a=rtpmap:111 opus/48000/2\r\na=ssrc:1111 cname:FFmpeg\r\na=ssrc:1111 msid:FFmpeg audio\r\n\
m=video 9 UDP/TLS/RTP/SAVPF 106\r\nc=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n\
a=ice-pwd:abcdefghijklmnopqrstuvwx\r\n\
a=fingerprint:sha-256 6B:8B:F0:65:5F:78:E2:51:3B:AC:6F:F3:3F:46:1B:35:DC:B8:5F:64:1A:24:C2:43:F0:A1:58:D0:A1:2C:19:08\r\n\
a=setup:passive\r\na=mid:1\r\na=sendonly\r\na=msid:FFmpeg video\r\na=rtcp-mux\r\na=rtcp-rsize\r\n\
a=rtpmap:106 H264/90000\r\n\
a=fmtp:106 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001e\r\n\
a=ssrc:2222 cname:FFmpeg\r\na=ssrc:2222 msid:FFmpeg video\r\na=rtcp-fb:106 nack\r\n";

const SDP: &str = "application/sdp";

impl World {
    pub(super) fn offer(&self, path: &str, token: Option<&str>) -> reqwest::RequestBuilder {
        let request = self
            .client
            .post(self.url(path))
            .header("content-type", SDP)
            .body(if path.starts_with("/whep") {
                OFFER.replace("a=sendonly", "a=recvonly")
            } else {
                OFFER.to_owned()
            });
        match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// What `/metrics` says of this, which has no labels.
    async fn metric(&self, name: &str) -> anyhow::Result<String> {
        let metrics = self.client.get(self.url("/metrics")).send().await?;
        let metrics = metrics.text().await?;
        let mut lines = metrics.lines().filter_map(|line| line.split_once(' '));
        let found = lines.find(|(known, _)| *known == name);
        let (_, value) = found.ok_or_else(|| anyhow::anyhow!("no {name}"))?;
        Ok(value.to_owned())
    }
}

fn header(response: &reqwest::Response, name: &str) -> String {
    let value = response
        .headers()
        .get(name)
        .and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_whip_session_lives_and_ends_by_the_letter() -> anyhow::Result<()> {
    let world = World::open().await?;
    let created = world.offer("/whip/lamp", Some(&world.host)).send().await?;
    assert_eq!(created.status(), 201);
    assert_eq!(header(&created, "content-type"), SDP);
    let (location, etag) = (header(&created, "location"), header(&created, "etag"));
    assert!(
        location.starts_with("/whip/lamp/") && !location.contains('?'),
        "{location}"
    );
    assert!(
        etag.starts_with('"') && etag.ends_with('"') && etag.len() > 10,
        "{etag}"
    );
    assert_eq!(header(&created, "access-control-allow-origin"), "*");
    let answer = created.text().await?;
    assert!(
        answer.contains("a=recvonly") && answer.contains("a=candidate"),
        "{answer}"
    );

    patch_by_the_letter(&world, &location, &etag).await?;
    let session = world.url(&location);
    assert_eq!(
        world.client.delete(&session).send().await?.status(),
        200,
        "exactly 200"
    );
    check(world.client.delete(&session), 404, "not_found").await?;
    check(world.client.get(&session), 404, "not_found").await?;
    let left = world.metric("vitrine_media_publishers").await?;
    assert_eq!(left, "0", "the media session is gone with its URL");
    Ok(())
}

/// Who cannot be let in leaves no media session behind.
#[tokio::test]
async fn a_full_stage_takes_no_publisher() -> anyhow::Result<()> {
    let world = World::open().await?;
    let mut last = String::new();
    for _ in 0..signaling::limits::STAGE_MAX {
        let guest = world.disk.token(SHOW, Role::Guest);
        let taken = world.offer("/whip/lamp", Some(&guest)).send().await?;
        anyhow::ensure!(taken.status() == 201, "{}", taken.status());
        last = world.url(&header(&taken, "location"));
    }
    let guest = world.disk.token(SHOW, Role::Guest);
    check(world.offer("/whip/lamp", Some(&guest)), 503, "stage_full").await?;
    let there = world.metric("vitrine_media_publishers").await?;
    assert_eq!(there, signaling::limits::STAGE_MAX.to_string());
    // Who leaves makes room.
    assert_eq!(world.client.delete(last).send().await?.status(), 200);
    let taken = world.offer("/whip/lamp", Some(&guest)).send().await?;
    assert_eq!(taken.status(), 201);
    Ok(())
}

/// A player that could see nothing of what is on air is told so, and leaves nothing behind.
#[tokio::test]
async fn a_player_without_the_picture_s_codec_is_refused() -> anyhow::Result<()> {
    let world = World::open().await?;
    let whip = world.url("/whip/lamp");
    let _publisher = Publisher::start(&world.client, &whip, Some(&world.host)).await?;
    let whep = world.url("/whep/lamp");
    let player = Player::start(&world.client, &whep, Receiver::Full, 0).await?;
    let on_air = || (player.received().total() > 0).then_some(());
    tests::wait::until("a picture", Duration::from_secs(20), on_air)?;
    // The offer has H.264 only, the picture is VP8.
    check(world.offer("/whep/lamp", None), 422, "codec_not_offered").await?;
    assert_eq!(world.metric("vitrine_media_receivers").await?, "1");
    Ok(())
}

async fn patch_by_the_letter(world: &World, location: &str, etag: &str) -> anyhow::Result<()> {
    let session = world.url(location);
    assert!(
        world
            .client
            .get(&session)
            .send()
            .await?
            .status()
            .is_success()
    );
    let fragment = "a=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuvwx\r\n\
                    m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=mid:0\r\na=end-of-candidates\r\n";
    let patch = |tag: Option<&str>, kind: &str, body: &str| {
        let request = world.client.patch(&session).header("content-type", kind);
        let request = request.body(body.to_owned());
        tag.map(str::to_owned)
            .into_iter()
            .fold(request, |r, tag| r.header("if-match", tag))
    };
    let trickle = "application/trickle-ice-sdpfrag";
    check(patch(None, trickle, fragment), 428, "if_match_missing").await?;
    check(patch(Some("\"old\""), trickle, fragment), 412, "etag_stale").await?;
    check(
        patch(Some(etag), SDP, fragment),
        415,
        "unsupported_media_type",
    )
    .await?;
    check(
        patch(Some(etag), trickle, "v=0\r\n"),
        400,
        "malformed_sdpfrag",
    )
    .await?;
    let trickled = patch(Some(etag), trickle, fragment).send().await?;
    assert_eq!(trickled.status(), 204);
    assert_eq!(
        header(&trickled, "etag"),
        "",
        "a trickle answer carries no entity tag"
    );
    Ok(())
}

#[tokio::test]
async fn a_publisher_that_restarts_replaces_its_old_session() -> anyhow::Result<()> {
    let world = World::open().await?;
    let first = world.offer("/whip/lamp", Some(&world.host)).send().await?;
    let second = world.offer("/whip/lamp", Some(&world.host)).send().await?;
    let (old, new) = (header(&first, "location"), header(&second, "location"));
    let replaced = async {
        while world.client.get(world.url(&old)).send().await?.status() != 404 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(10), replaced).await??;
    assert!(
        world
            .client
            .get(world.url(&new))
            .send()
            .await?
            .status()
            .is_success()
    );
    Ok(())
}

/// Encoders that race with one token: whichever comes last stays, and of the others nothing does,
/// not even a URL.
#[tokio::test(flavor = "multi_thread")]
async fn publishers_that_race_leave_one_session() -> anyhow::Result<()> {
    let world = World::open().await?;
    let mut urls = Vec::new();
    for _ in 0..10 {
        let mut racing = tokio::task::JoinSet::new();
        for _ in 0..8 {
            racing.spawn(world.offer("/whip/lamp", Some(&world.host)).send());
        }
        while let Some(answer) = racing.join_next().await {
            let answer = answer??;
            match answer.status().as_u16() {
                201 => urls.push(world.url(&header(&answer, "location"))),
                409 => {}
                other => anyhow::bail!("{other}"),
            }
        }
    }
    let settled = async {
        loop {
            let mut there = 0;
            for url in &urls {
                there += usize::from(world.client.get(url).send().await?.status() != 404);
            }
            match there {
                1 => return anyhow::Ok(()),
                _ => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), settled).await?
}

#[tokio::test]
async fn endpoints_tell_what_they_take() -> anyhow::Result<()> {
    let world = World::open().await?;
    for path in ["/whip/lamp", "/whep/lamp"] {
        let options = world
            .client
            .request(Method::OPTIONS, world.url(path))
            .send()
            .await?;
        assert!(options.status().is_success());
        assert_eq!(header(&options, "accept-post"), SDP);
        assert_eq!(header(&options, "access-control-allow-origin"), "*");
        assert!(header(&options, "access-control-allow-methods").contains("POST"));
        let get = world.client.get(world.url(path)).send().await?;
        assert!(get.status().is_success());
        assert_eq!(get.text().await?, "", "no content");
    }
    let head = world.client.head(world.url("/whep/lamp")).send().await?;
    assert_eq!(
        (head.status().as_u16(), header(&head, "content-type")),
        (200, SDP.to_owned())
    );
    Ok(())
}

#[tokio::test]
async fn bad_offers_change_nothing() -> anyhow::Result<()> {
    let world = World::open().await?;
    let post = |kind: &str, body: String| {
        let request = world
            .client
            .post(world.url("/whip/lamp"))
            .bearer_auth(&world.host);
        request.header("content-type", kind).body(body)
    };
    check(
        post("application/json", OFFER.into()),
        415,
        "unsupported_media_type",
    )
    .await?;
    check(post(SDP, "hello".into()), 400, "malformed_sdp").await?;
    check(post(SDP, String::new()), 400, "malformed_sdp").await?;
    check(post(SDP, "v=0\r\n".repeat(60_000)), 413, "body_too_large").await?;
    let receiving = OFFER.replace("a=sendonly", "a=recvonly");
    check(post(SDP, receiving), 422, "unacceptable_offer").await?;
    let pair = OFFER.replace("a=ice-pwd:abcdefghijklmnopqrstuvwx", "a=ice-pwd:short");
    check(post(SDP, pair), 400, "malformed_sdp").await?;
    let params = post("Application/SDP; charset=utf-8", OFFER.into())
        .send()
        .await?;
    assert_eq!(
        params.status(),
        201,
        "parameters of the media type are tolerated"
    );
    Ok(())
}

#[tokio::test]
async fn only_the_right_token_publishes() -> anyhow::Result<()> {
    let world = World::open().await?;
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.\
                eyJpc3MiOiJ2aXRyaW5lIiwic3ViIjoieCIsInNob3ciOiJsYW1wIiwicm9sZSI6Imhvc3QiLCJleHAiOjQwMDAwMDAwMDAsImlhdCI6MCwianRpIjoiaiJ9.";
    let viewer = world.disk.token(SHOW, Role::Viewer);
    let elsewhere = world.disk.token("other", Role::Host);
    let expired = world.disk.expired_token(SHOW, Role::Host);
    for (token, status, code) in [
        (None, 401, "token_missing"),
        (Some("rubbish"), 401, "token_invalid"),
        (Some("two words"), 400, "token_malformed"),
        (Some(none), 401, "token_invalid"),
        (Some(expired.as_str()), 401, "token_expired"),
        (Some(elsewhere.as_str()), 403, "wrong_show"),
        (Some(viewer.as_str()), 403, "not_on_stage"),
    ] {
        check(world.offer("/whip/lamp", token), status, code).await?;
    }
    let guest = world.disk.token("new-show", Role::Guest);
    check(
        world.offer("/whip/new-show", Some(&guest)),
        404,
        "not_found",
    )
    .await?;
    let host = world.disk.token("new-show", Role::Host);
    assert_eq!(
        world
            .offer("/whip/new-show", Some(&host))
            .send()
            .await?
            .status(),
        201
    );
    let made = world
        .client
        .get(world.url("/api/v1/shows/new-show"))
        .send()
        .await?;
    assert_eq!(made.status(), 200, "a host makes the show by publishing");
    Ok(())
}

#[tokio::test]
async fn a_private_show_is_played_with_its_token_only() -> anyhow::Result<()> {
    let world = World::open().await?;
    let host = world.disk.token("secret", Role::Host);
    let body = serde_json::json!({ "name": "secret", "title": "Secret", "private": true });
    let made = world
        .client
        .post(world.url("/api/v1/shows"))
        .bearer_auth(&host)
        .json(&body);
    assert_eq!(made.send().await?.status(), 201);
    check(world.offer("/whep/secret", None), 401, "token_missing").await?;
    check(
        world.offer("/whep/secret", Some(&world.host)),
        403,
        "wrong_show",
    )
    .await?;
    check(
        world.client.get(world.url("/captions/secret/en.vtt")),
        401,
        "token_missing",
    )
    .await?;
    let visit = world.client.post(world.url("/api/v1/shows/secret/visit"));
    check(visit.json(&serde_json::json!({})), 403, "private_show").await?;
    check(world.offer("/whep/nowhere", None), 404, "not_found").await?;
    let list = world
        .client
        .get(world.url("/api/v1/shows"))
        .send()
        .await?
        .text()
        .await?;
    assert!(list.contains("lamp") && !list.contains("secret"), "{list}");
    Ok(())
}

#[tokio::test]
async fn too_many_posts_from_one_address_are_told_to_wait() -> anyhow::Result<()> {
    let world = World::open_with(&["--rate-limit", "1"]).await?;
    let mut refused = None;
    for _ in 0..40 {
        let response = world.offer("/whip/lamp", None).send().await?;
        if response.status() == 429 {
            refused = Some(response);
            break;
        }
    }
    let refused = refused.expect("a limit");
    assert_eq!(header(&refused, "retry-after"), "1");
    // A page of another origin can read that.
    assert_eq!(header(&refused, "access-control-allow-origin"), "*");
    assert!(header(&refused, "access-control-expose-headers").contains("retry-after"));
    let elsewhere = world.client.post(world.url("/api/v1/tickets"));
    check(elsewhere, 429, "too_many_requests").await?;
    assert_eq!(
        world.client.get(world.url("/livez")).send().await?.status(),
        200
    );
    Ok(())
}
