//! The files of a show, over a running server: live, rolling, after a restart, and what is refused.

use std::path::Path;

use reqwest::Client;
use serde_json::Value;

use crate::app::{self, Running};
use crate::auth::Grant;
use crate::clock::now_ms;
use crate::config::RawConfig;
use crate::protocol::client::{Phase, Role};
use crate::protocol::server::{CaptionView, ShowInfo, ShowKind};
use crate::room::{Input, Seat};

/// The show's start, an hour ago.
fn zero_ms() -> u64 {
    now_ms() - 3_600_000
}

async fn start(data: &Path) -> Running {
    let raw = RawConfig {
        listen: "127.0.0.1:0".into(),
        data: Some(data.to_owned()),
        media_bind: "127.0.0.1".into(),
        workers: Some("1".into()),
        caption_threads: Some("0".into()),
        ..RawConfig::default()
    };
    let running = app::start(raw.check().expect("good settings")).await;
    running.expect("started")
}

fn show(name: &str, private: bool, started_ms: u64) -> ShowInfo {
    ShowInfo {
        starts_ms: None,
        name: name.into(),
        title: "Lamps".into(),
        kind: ShowKind::Live,
        phase: Phase::Live,
        private,
        transcript: false,
        started_ms: Some(started_ms),
        cover: None,
    }
}

fn said(id: &str, language: &str, text: &str, start_ms: u64) -> Input {
    Input::Final(CaptionView {
        id: id.into(),
        participant: "ana".into(),
        language: language.into(),
        spoken: "en".into(),
        text: text.into(),
        start_ms,
        end_ms: start_ms + 2_000,
        ..CaptionView::default()
    })
}

/// Gets a file: status and body.
async fn get(running: &Running, path: &str) -> (u16, String) {
    let url = format!("http://{}/captions/{path}", running.address());
    let answer = Client::new().get(url).send().await.expect("answered");
    let status = answer.status().as_u16();
    (status, answer.text().await.expect("a body"))
}

/// Gets a file once it has these words: they are written down beside the room.
async fn until(running: &Running, path: &str, words: &str) -> String {
    let found = async {
        loop {
            let (_, text) = get(running, path).await;
            if text.contains(words) {
                return text;
            }
            tokio::task::yield_now().await;
        }
    };
    let found = tokio::time::timeout(std::time::Duration::from_secs(10), found);
    found.await.expect("the words come")
}

#[tokio::test]
async fn what_was_said_can_be_read_live_later_and_after_a_restart() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let (running, zero_ms) = (start(data.path()).await, zero_ms());
    let hub = &running.state().hub;
    let room = hub.create(show("lamp", false, zero_ms)).await.expect("new");
    let ana = Seat {
        participant: "ana".into(),
        name: "Ana".into(),
        role: Role::Host,
    };
    room.tell(Input::PublisherCame(ana)).await;
    room.tell(said(
        "a-1",
        "en",
        "This lamp is nineteen euro & new.",
        zero_ms + 1_000,
    ))
    .await;
    room.tell(said(
        "a-1",
        "pt",
        "Esta lâmpada custa dezenove euros.",
        zero_ms + 1_000,
    ))
    .await;
    room.tell(said("a-2", "en", "Just now.", now_ms() - 3_000))
        .await;

    let vtt = until(&running, "lamp/en.vtt", "Just now").await;
    let first =
        "WEBVTT\n\n00:00:01.000 --> 00:00:03.334\n<v Ana>This lamp is nineteen euro &amp; new.\n";
    assert!(vtt.starts_with(first), "{vtt}");
    let rolling = get(&running, "lamp/en.vtt?seconds=60").await.1;
    assert!(
        rolling.contains("Just now.") && !rolling.contains("nineteen"),
        "{rolling}"
    );
    let both = get(&running, "lamp/pt.vtt?beside=en").await.1;
    let top = "00:00:01.000 --> 00:00:03.334 line:0\n<v Ana>This lamp";
    assert!(
        both.contains("<v Ana>Esta l") && both.contains(top),
        "{both}"
    );
    let srt = get(&running, "lamp/en.srt").await.1;
    assert!(
        srt.starts_with("1\n00:00:01,000 --> 00:00:03,334\nAna: This"),
        "{srt}"
    );
    running.stop().await;

    let running = start(data.path()).await;
    let json = |text: String| serde_json::from_str::<Value>(&text).expect("JSON");
    let all = json(get(&running, "lamp/pt.json").await.1);
    assert_eq!(all["languages"], serde_json::json!(["en", "pt"]), "{all}");
    let line = &all["lines"][0];
    assert_eq!(line["translation"], "Esta lâmpada custa dezenove euros.");
    assert_eq!(
        (&line["speaker"], &line["start_ms"], &line["spoken"]),
        (&"Ana".into(), &1_000.into(), &"en".into())
    );
    assert_eq!(all["lines"][1]["translation"], Value::Null);
    for (q, count) in [("LÂMPADA", 1), ("now", 1), ("n", 2), ("rug", 0)] {
        let found = json(get(&running, &format!("lamp/pt.json?q={q}")).await.1);
        assert_eq!(found["lines"].as_array().map(Vec::len), Some(count), "{q}");
    }
    assert!(get(&running, "lamp/en.vtt").await.1.contains("nineteen"));
    running.stop().await;
}

#[tokio::test]
async fn mistakes_are_named() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let running = start(data.path()).await;
    let hub = &running.state().hub;
    hub.create(show("lamp", false, zero_ms()))
        .await
        .expect("new");
    hub.create(show("secret", true, zero_ms()))
        .await
        .expect("new");
    let long = format!("lamp/en.json?q={}", "x".repeat(201));
    for (path, status, code) in [
        ("rug/en.vtt", 404, "not_found"),
        ("lamp/en", 404, "not_found"),
        ("lamp/en.txt", 404, "not_found"),
        ("lamp/en_US.vtt", 404, "not_found"),
        ("secret/en.json", 401, "token_missing"),
        ("lamp/en.vtt?seconds=0", 400, "bad_query"),
        ("lamp/en.vtt?seconds=x", 400, "bad_query"),
        ("lamp/en.vtt?q=lamp", 400, "bad_query"),
        ("lamp/en.vtt?beside=-", 400, "bad_query"),
        ("lamp/en.srt?seconds=5", 400, "bad_query"),
        ("lamp/en.json?q=", 400, "bad_query"),
        ("lamp/en.json?colour=red", 400, "bad_query"),
        (long.as_str(), 400, "bad_query"),
    ] {
        let (found, text) = get(&running, path).await;
        let problem: Value = serde_json::from_str(&text).expect("problem details");
        assert_eq!(
            (found, &problem["code"]),
            (status, &code.into()),
            "{path}: {text}"
        );
    }
    running.stop().await;
}

#[tokio::test]
async fn only_the_host_has_a_transcript_forgotten() {
    let data = tempfile::tempdir().expect("a temporary folder");
    let running = start(data.path()).await;
    let state = running.state();
    let room = state.hub.create(show("lamp", false, zero_ms())).await;
    let room = room.expect("new");
    room.tell(said("a-1", "en", "Hello there.", now_ms())).await;
    until(&running, "lamp/en.vtt", "Hello").await;
    let delete = async |role| {
        let grant = Grant::new("lamp", role, None, now_ms(), 60);
        let token = state.auth.token(&grant, now_ms());
        let url = format!("http://{}/captions/lamp", running.address());
        let request = Client::new().delete(url).bearer_auth(token);
        request.send().await.expect("answered").status().as_u16()
    };
    assert_eq!(delete(Role::Viewer).await, 403);
    assert!(get(&running, "lamp/en.srt").await.1.contains("Hello"));
    assert_eq!(delete(Role::Host).await, 204);
    assert_eq!(get(&running, "lamp/en.srt").await, (200, String::new()));
    running.stop().await;
}
