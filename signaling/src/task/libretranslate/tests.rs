//! The adapter against a real HTTP server whose answers are scripted: good, slow, failing,
//! malformed, endless.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};
use translate::outside::{Offer, OutsideDesk, OutsideLine};

use super::*;
use crate::redacted::Redacted;

/// What the server does with the next lines.
#[derive(Clone, Copy, PartialEq)]
enum Mood {
    Good,
    /// Never answers.
    Slow,
    /// Answers with this status.
    Fails(u16),
    /// Answers 200 with this.
    Says(&'static str),
    /// Never stops answering.
    Endless,
    /// Sends the client to another address.
    Elsewhere,
}

/// A LibreTranslate server with scripted answers.
#[derive(Clone)]
struct ScriptedServer {
    mood: Arc<Mutex<Mood>>,
    bodies: Arc<Mutex<Vec<Value>>>,
}

impl ScriptedServer {
    async fn start() -> (ScriptedServer, reqwest::Url) {
        let server = ScriptedServer {
            mood: Arc::new(Mutex::new(Mood::Good)),
            bodies: Arc::default(),
        };
        let router = Router::new()
            .route("/mt/languages", get(languages))
            .route("/mt/translate", post(translate))
            .with_state(server.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        let url = format!("http://user:s3cret@{address}/mt").parse().unwrap();
        (server, url)
    }

    fn set(&self, mood: Mood) {
        *self.mood.lock().unwrap() = mood;
    }

    fn asked(&self) -> usize {
        self.bodies.lock().unwrap().len()
    }
}

async fn languages() -> Json<Value> {
    Json(json!([
        { "code": "en", "name": "English", "targets": ["en", "ja", "zt"] },
        { "code": "ja", "name": "Japanese", "targets": ["en"] },
    ]))
}

async fn translate(State(server): State<ScriptedServer>, Json(body): Json<Value>) -> Response {
    let text = format!(
        "{}: {}",
        body["target"].as_str().unwrap(),
        body["q"].as_str().unwrap()
    );
    server.bodies.lock().unwrap().push(body);
    let mood = *server.mood.lock().unwrap();
    match mood {
        Mood::Good => Json(json!({ "translatedText": text })).into_response(),
        Mood::Slow => std::future::pending().await,
        Mood::Fails(status) => {
            let body = Json(json!({ "error": "scripted" }));
            (StatusCode::from_u16(status).unwrap(), body).into_response()
        }
        Mood::Says(text) => text.into_response(),
        Mood::Endless => {
            let chunk = || Ok::<_, std::io::Error>(vec![b' '; 64 * 1024]);
            let chunks = futures_util::stream::repeat_with(chunk);
            axum::body::Body::from_stream(chunks).into_response()
        }
        Mood::Elsewhere => axum::response::Redirect::temporary("/mt/languages").into_response(),
    }
}

const PATIENCE: Duration = Duration::from_millis(300);

async fn client() -> (ScriptedServer, LibreTranslate) {
    let (server, url) = ScriptedServer::start().await;
    let key = Some(Redacted::new("k3y".to_owned()));
    let client = LibreTranslate::with_timeout(url, key, PATIENCE).unwrap();
    (server, client)
}

#[tokio::test]
async fn lines_go_there_and_back_with_the_key() {
    let (server, client) = client().await;
    let directions = client.trial().await.unwrap();
    let expected = [("en", "ja"), ("en", "zt"), ("ja", "en")];
    let told: Vec<(&str, &str)> = directions.iter().map(|(a, b)| (&**a, &**b)).collect();
    assert_eq!(told, expected);
    let found = client.translate("en", "ja", "Only 12 left.").await;
    assert_eq!(found.as_deref(), Ok("ja: Only 12 left."));
    let bodies = server.bodies.lock().unwrap();
    let expected = json!({
        "q": "Only 12 left.", "source": "en", "target": "ja", "format": "text", "api_key": "k3y",
    });
    assert_eq!(bodies.last(), Some(&expected));
}

#[tokio::test]
async fn whatever_a_server_does_wrong_is_a_failure_that_tells_no_secret() {
    let (server, client) = client().await;
    for (mood, reason, blame) in [
        (Mood::Slow, "too long", Blame::Server),
        (Mood::Fails(500), "500", Blame::Server),
        (Mood::Fails(400), "400", Blame::Line),
        (Mood::Fails(403), "403", Blame::Refusal),
        (Mood::Fails(429), "429", Blame::Refusal),
        (Mood::Says("<html>"), "not a translation", Blame::Server),
        (
            Mood::Says(r#"{"text":"x"}"#),
            "not a translation",
            Blame::Server,
        ),
        (
            Mood::Says(r#"{"translatedText":" "}"#),
            "empty",
            Blame::Server,
        ),
        (
            Mood::Says("{\"translatedText\":\"a\\u0007b\"}"),
            "proportion",
            Blame::Server,
        ),
        (Mood::Endless, "too long", Blame::Server),
        (Mood::Elsewhere, "307", Blame::Server),
    ] {
        server.set(mood);
        let failure = client.translate("en", "ja", "hello").await.unwrap_err();
        assert!(failure.reason.contains(reason), "{reason}: {failure:?}");
        assert_eq!(failure.blame, blame, "{failure:?}");
    }
    let closed = "http://user:s3cret@127.0.0.1:1/mt".parse().unwrap();
    let nobody = LibreTranslate::new(closed, Some(Redacted::new("k3y".to_owned()))).unwrap();
    let failure = nobody.translate("en", "ja", "hello").await.unwrap_err();
    let told = format!("{failure:?} {nobody}");
    assert!(!told.contains("s3cret") && !told.contains("k3y"), "{told}");
}

use super::breaker::Blame;

/// The task with its port, and how often it said that its languages changed.
struct Running {
    lines: tokio::sync::mpsc::Sender<OutsideLine>,
    offer: Offer,
    changes: tokio::sync::mpsc::Receiver<()>,
}

fn start(client: LibreTranslate) -> Running {
    let (lines, inbox) = tokio::sync::mpsc::channel(8);
    let offer = Offer::default();
    let desk = OutsideDesk {
        offer: offer.clone(),
        lines: inbox,
    };
    let (told, changes) = tokio::sync::mpsc::channel(8);
    tokio::spawn(run(client, desk, move || {
        let told = told.clone();
        async move { told.send(()).await.unwrap() }
    }));
    Running {
        lines,
        offer,
        changes,
    }
}

impl Running {
    async fn say(&self, text: &str) -> Result<String, String> {
        let (reply, answer) = tokio::sync::oneshot::channel();
        let line = OutsideLine::new(("en", "ja"), text, move |answer| {
            let _ = reply.send(answer);
        });
        self.lines.send(line).await.unwrap();
        answer.await.unwrap()
    }
}

#[tokio::test]
async fn a_failing_server_is_left_alone_and_its_languages_leave_the_menus() {
    let (server, client) = client().await;
    let mut running = start(client);
    running.changes.recv().await.unwrap();
    assert_eq!(running.offer.directions(), 3, "it works");
    assert_eq!(running.say("hello").await.as_deref(), Ok("ja: hello"));
    server.set(Mood::Fails(500));
    for _ in 0..crate::limits::OUTSIDE_FAILURES_MAX {
        assert!(running.say("hello").await.is_err());
    }
    running.changes.recv().await.unwrap();
    assert_eq!(running.offer.directions(), 0);
    let asked = server.asked();
    assert!(running.say("hello").await.is_err());
    assert_eq!(server.asked(), asked, "it is left alone");
}

#[tokio::test]
async fn a_server_that_comes_back_is_found_by_a_trial() {
    let (server, client) = client().await;
    server.set(Mood::Fails(500));
    let trials = Arc::new(AtomicUsize::new(0));
    let mut breaker = Breaker::default();
    let offer = Offer::default();
    while breaker.trial_ms().is_some() {
        breaker.try_again();
        let done = Done::Trial(client.trial().await);
        settle(&client, &mut breaker, &offer, done);
        if trials.fetch_add(1, Ordering::Relaxed) == 2 {
            server.set(Mood::Good);
        }
    }
    assert_eq!(trials.load(Ordering::Relaxed), 4);
    assert!(breaker.is_closed() && offer.directions() == 3);
}

#[tokio::test]
async fn a_slow_server_holds_nobody_up() {
    let (server, client) = client().await;
    let mut running = start(client);
    running.changes.recv().await.unwrap();
    server.set(Mood::Slow);
    let slow = running.say("slow");
    let quick = async {
        // The slow line is with the server; the next one is not behind it.
        while server.asked() < 2 {
            tokio::task::yield_now().await;
        }
        server.set(Mood::Good);
        running.say("quick").await
    };
    let (slow, quick) = tokio::join!(slow, quick);
    assert_eq!(quick.as_deref(), Ok("ja: quick"));
    assert!(slow.is_err());
}
