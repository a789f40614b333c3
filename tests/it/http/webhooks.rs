//! Webhooks against a real receiver: signed, again after a failure, never after 410, not held up
//! by somebody slow, not lost by `kill -9`, and never to an address inside.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::Context as _;
use serde_json::{Value, json};
use signaling::webhook::sign::{Secret, signature};
use tests::server::Server;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::{World, check};

/// One POST as it came.
#[derive(Debug, Clone)]
struct Post {
    id: String,
    timestamp: u64,
    signatures: String,
    body: String,
}

impl Post {
    fn seq(&self) -> u64 {
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        body["data"]["seq"].as_u64().unwrap_or(0)
    }
}

/// A merchant's server that answers what it is told to; 0 is nothing at all.
struct Receiver {
    url: String,
    posts: Arc<Mutex<Vec<Post>>>,
    answers: Arc<Mutex<Vec<u16>>>,
}

impl Receiver {
    /// The first answers as given, then the last of them.
    async fn start(answers: &[u16]) -> anyhow::Result<Receiver> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let receiver = Receiver {
            url: format!("http://{}/hook", listener.local_addr()?),
            posts: Arc::default(),
            answers: Arc::new(Mutex::new(answers.iter().rev().copied().collect())),
        };
        let (posts, answers) = (Arc::clone(&receiver.posts), Arc::clone(&receiver.answers));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&posts), Arc::clone(&answers)));
            }
        });
        Ok(receiver)
    }

    fn posts(&self) -> Vec<Post> {
        self.posts
            .lock()
            .expect("no panic while it is locked")
            .clone()
    }

    fn seqs(&self) -> BTreeSet<u64> {
        self.posts().iter().map(Post::seq).collect()
    }

    async fn has(&self, what: &str, enough: impl Fn(&[Post]) -> bool) -> anyhow::Result<()> {
        eventually(what, async || Ok(enough(&self.posts()).then_some(()))).await
    }
}

/// Asks until there is an answer.
async fn eventually<T>(
    what: &str,
    ask: impl AsyncFn() -> anyhow::Result<Option<T>>,
) -> anyhow::Result<T> {
    let asked = async {
        loop {
            if let Some(answer) = ask().await? {
                return anyhow::Ok(answer);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let found = tokio::time::timeout(Duration::from_secs(20), asked).await;
    found.with_context(|| format!("waited in vain: {what}"))?
}

async fn serve(
    stream: TcpStream,
    posts: Arc<Mutex<Vec<Post>>>,
    answers: Arc<Mutex<Vec<u16>>>,
) -> anyhow::Result<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let mut post = Post {
            id: String::new(),
            timestamp: 0,
            signatures: String::new(),
            body: String::new(),
        };
        let mut length = 0;
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            if line.trim().is_empty() {
                break;
            }
            let (name, value) = line.split_once(':').unwrap_or_default();
            let value = value.trim().to_owned();
            match name.to_ascii_lowercase().as_str() {
                "webhook-id" => post.id = value,
                "webhook-timestamp" => post.timestamp = value.parse()?,
                "webhook-signature" => post.signatures = value,
                "content-length" => length = value.parse()?,
                _ => {}
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).await?;
        post.body = String::from_utf8(body)?;
        posts
            .lock()
            .expect("no panic while it is locked")
            .push(post);
        let status = {
            let mut answers = answers.lock().expect("no panic while it is locked");
            let next = answers.last().copied().context("there is an answer")?;
            if answers.len() > 1 {
                answers.pop();
            }
            next
        };
        if status == 0 {
            return std::future::pending().await;
        }
        let answer =
            format!("HTTP/1.1 {status} X\r\nlocation: /other\r\ncontent-length: 0\r\n\r\n");
        stream.write_all(answer.as_bytes()).await?;
    }
}

const OWN: [&str; 2] = ["--webhook-allow", "127.0.0.0/8"];

impl World {
    fn hooks(&self, rest: &str) -> String {
        self.url(&format!("/api/v1/shows/lamp/webhooks{rest}"))
    }

    async fn hook(&self, url: &str) -> anyhow::Result<Value> {
        let request = self.client.post(self.hooks("")).bearer_auth(&self.host);
        let answer = request.json(&json!({ "url": url })).send().await?;
        anyhow::ensure!(answer.status() == 201, "{}", answer.text().await?);
        Ok(answer.json().await?)
    }

    /// Holds one piece; the order's id.
    async fn order(&self, product: &str) -> anyhow::Result<String> {
        let quote = self
            .client
            .get(self.url(&format!("/api/v1/shows/lamp/quotes/{product}")));
        let quote: Value = quote.send().await?.error_for_status()?.json().await?;
        let request = self.client.post(self.url("/api/v1/shows/lamp/orders"));
        let request = request
            .bearer_auth(&self.host)
            .header("idempotency-key", format!("{:x}", rand::random::<u64>()));
        let lines = json!([{ "quote": quote["quote"], "quantity": 1 }]);
        let body = json!({ "lines": lines, "total": quote["unit_price"] });
        let order: Value = request
            .json(&body)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?;
        Ok(order["id"]
            .as_str()
            .context("an order has an id")?
            .to_owned())
    }

    async fn told(&self, rest: &str) -> anyhow::Result<Value> {
        let request = self.client.get(self.hooks(rest)).bearer_auth(&self.host);
        Ok(request.send().await?.error_for_status()?.json().await?)
    }

    async fn replay(&self, id: &str, after: u64) -> anyhow::Result<()> {
        let url = self.hooks(&format!("/{id}/replay"));
        let request = self.client.post(url).bearer_auth(&self.host);
        let answer = request.json(&json!({ "after": after })).send().await?;
        anyhow::ensure!(answer.status() == 204, "{}", answer.text().await?);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_signed_and_come_again_after_a_failure() -> anyhow::Result<()> {
    let world = World::open_with(&OWN).await?;
    world.import().await?;
    let receiver = Receiver::start(&[500, 302, 200]).await?;
    let hook = world.hook(&receiver.url).await?;
    let id = hook["id"].as_str().unwrap_or_default();
    let order = world.order("rug").await?;
    // A redirect is a failure, and is not followed: after two failures the third is minutes away.
    receiver.has("two tries", |posts| posts.len() == 2).await?;
    let posts = receiver.posts();
    assert_eq!(
        posts[0].id, posts[1].id,
        "a retry has the id of the first try"
    );
    let secret = hook["secret"]
        .as_str()
        .and_then(Secret::parse)
        .context("a secret")?;
    for post in &posts {
        let wanted = signature(
            std::slice::from_ref(&secret),
            &post.id,
            post.timestamp,
            &post.body,
        );
        assert_eq!(post.signatures, wanted);
    }
    let event: Value = serde_json::from_str(&posts[0].body)?;
    assert_eq!(event["type"], "order.reserved");
    assert_eq!(event["data"]["order"]["id"], order.as_str());
    let rotated = self::rotate(&world, id).await?;
    world.replay(id, 0).await?;
    receiver.has("the replay", |posts| posts.len() == 3).await?;
    let post = receiver.posts().pop().context("a post")?;
    let both = [rotated, secret];
    assert_eq!(
        post.signatures,
        signature(&both, &post.id, post.timestamp, &post.body)
    );
    let latest = eventually("the delivery is noted", async || {
        let log = world.told(&format!("/{id}/deliveries")).await?;
        let latest = log["deliveries"][0].clone();
        Ok((latest["state"] == "delivered").then_some(latest))
    });
    assert_eq!(latest.await?["status"], 200);
    Ok(())
}

async fn rotate(world: &World, id: &str) -> anyhow::Result<Secret> {
    let url = world.hooks(&format!("/{id}/rotate"));
    let request = world.client.post(url).bearer_auth(&world.host);
    let told: Value = request.send().await?.error_for_status()?.json().await?;
    told["secret"]
        .as_str()
        .and_then(Secret::parse)
        .context("a secret")
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_that_is_gone_or_slow_holds_up_nobody() -> anyhow::Result<()> {
    let world = World::open_with(&OWN).await?;
    world.import().await?;
    let (gone, slow, good) = (
        Receiver::start(&[410]).await?,
        Receiver::start(&[0]).await?,
        Receiver::start(&[204]).await?,
    );
    let hook = world.hook(&gone.url).await?;
    world.hook(&slow.url).await?;
    world.hook(&good.url).await?;
    world.order("rug").await?;
    good.has("the first event", |posts| posts.len() == 1)
        .await?;
    gone.has("the first event", |posts| posts.len() == 1)
        .await?;
    slow.has("the first event", |posts| posts.len() == 1)
        .await?;
    let id = hook["id"].as_str().unwrap_or_default();
    eventually("the endpoint is disabled", async || {
        let is_enabled = world.told("").await?["webhooks"][0]["enabled"] == true;
        Ok((!is_enabled).then_some(()))
    })
    .await?;
    world.order("rug").await?;
    good.has("the second event", |posts| posts.len() == 2)
        .await?;
    slow.has("the second event", |posts| posts.len() == 2)
        .await?;
    assert_eq!(gone.posts().len(), 1, "nothing goes to who is gone");
    *gone.answers.lock().expect("no panic while it is locked") = vec![200];
    world.replay(id, 0).await?;
    gone.has("both events again", |posts| posts.len() == 3)
        .await?;
    assert_eq!(gone.seqs(), BTreeSet::from([1, 2]));
    let events = world
        .client
        .get(world.url("/api/v1/shows/lamp/events?after=1"));
    let events: Value = events.bearer_auth(&world.host).send().await?.json().await?;
    assert_eq!(events["events"].as_array().map(Vec::len), Some(1));
    assert_eq!(events["events"][0]["data"]["seq"], 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn kill_between_commit_and_delivery_loses_nothing() -> anyhow::Result<()> {
    let mut world = World::open_with(&OWN).await?;
    world.import().await?;
    // It takes the connection and never answers: everything is in the air or owed at the kill.
    let receiver = Receiver::start(&[0]).await?;
    world.hook(&receiver.url).await?;
    for _ in 0..5 {
        world.order("rug").await?;
    }
    world.server.kill()?;
    receiver
        .posts
        .lock()
        .expect("no panic while it is locked")
        .clear();
    *receiver
        .answers
        .lock()
        .expect("no panic while it is locked") = vec![200];
    world.server = Server::start(env!("CARGO_BIN_EXE_vitrine-tested"), &world.disk, &OWN)?;
    let all: BTreeSet<u64> = (1..=5).collect();
    let wanted = all.clone();
    receiver
        .has("all events", move |posts| {
            posts
                .iter()
                .map(Post::seq)
                .collect::<BTreeSet<_>>()
                .is_superset(&wanted)
        })
        .await?;
    assert_eq!(receiver.seqs(), all);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn no_way_leads_inside() -> anyhow::Result<()> {
    let world = World::open().await?;
    world.import().await?;
    for url in [
        "http://127.0.0.1/",
        "https://127.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "x",
        "",
    ] {
        let request = world.client.post(world.hooks("")).bearer_auth(&world.host);
        check(request.json(&json!({ "url": url })), 422, "invalid_url").await?;
    }
    // A name is taken, for names may change; where it leads is judged when it is called.
    let receiver = Receiver::start(&[200]).await?;
    let named = receiver
        .url
        .replace("http://127.0.0.1", "https://localhost");
    let hook = world.hook(&named).await?;
    world.order("rug").await?;
    let rest = format!("/{}/deliveries", hook["id"].as_str().unwrap_or_default());
    let error = eventually("the try is noted", async || {
        let error = world.told(&rest).await?["deliveries"][0]["error"].clone();
        Ok(error.as_str().map(str::to_owned))
    })
    .await?;
    assert!(error.contains("is not a place webhooks may go"), "{error}");
    assert!(receiver.posts().is_empty(), "nothing was sent");
    Ok(())
}
