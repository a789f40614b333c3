//! A buyer who never gives up: asks again, at either server, with the same key, until there is a
//! definite answer. Writes down every request.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use signaling::protocol::server::OrderView;

use super::cashier::Cashier;
use super::history::{Answer, Ask, Key, Lines, Recorder, Seen};
use super::{COUPON, SHELF, SHOW};

/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(2);
/// Longest pause between two requests: people hesitate, and a crowd at full speed would only
/// measure the machine.
const THINK_MS_MAX: u64 = 150;

/// What all buyers share.
pub(crate) struct World {
    /// Both servers' addresses.
    pub urls: Vec<String>,
    /// What happened.
    pub recorder: Recorder,
    /// Who takes the money.
    pub cashier: Cashier,
    /// Set when it is over.
    pub is_over: AtomicBool,
}

/// A buyer.
pub(crate) struct Buyer {
    world: Arc<World>,
    number: usize,
    token: String,
    client: Client,
    random: StdRng,
    purchases: usize,
    /// Requests to reserve that were refused or given up while an earlier one had no answer.
    doubts: Vec<(Key, Lines, Value)>,
    /// Orders that are theirs.
    orders: Vec<String>,
}

impl Buyer {
    pub(crate) fn new(world: &Arc<World>, number: usize, token: String, seed: u64) -> Buyer {
        let client = Client::builder().timeout(PATIENCE).build();
        Buyer {
            world: Arc::clone(world),
            number,
            token,
            client: client.expect("a client without TLS settings"),
            random: StdRng::seed_from_u64(seed),
            purchases: 0,
            doubts: Vec::new(),
            orders: Vec::new(),
        }
    }

    /// Buys until it is over.
    pub(crate) async fn buy(mut self) -> Buyer {
        while !self.is_over() {
            self.purchase().await;
            let pause = self.random.random_range(0..THINK_MS_MAX);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        self
    }

    /// Asks once more, now that all is calm, for what was left in doubt.
    pub(crate) async fn settle(mut self) -> anyhow::Result<()> {
        for (key, wish, body) in std::mem::take(&mut self.doubts) {
            let answer = self.reserve(&key, &wish, &body).await;
            anyhow::ensure!(answer != Answer::Unknown, "no answer about {key:?} in calm");
        }
        Ok(())
    }

    async fn purchase(&mut self) {
        let wish = self.wish();
        let Some(body) = self.quote(&wish).await else {
            return;
        };
        let key = Key {
            buyer: self.number,
            purchase: self.purchases,
        };
        self.purchases += 1;
        let Some(id) = self.hold(key, &wish, &body).await else {
            return;
        };
        self.orders.push(id.clone());
        match self.random.random_range(0..10) {
            0..7 => self.pay(id).await,
            7..9 => self.finish(Ask::Cancel(id)).await,
            _ => {}
        }
        let any = self.random.random_range(0..self.orders.len());
        let look = Ask::Read(self.orders[any].clone());
        self.call(look, None).await;
    }

    /// Says who they are and goes to the payment page: most pay, some twice, some although they
    /// have given it up, some never.
    async fn pay(&mut self, id: String) {
        self.finish(Ask::Confirm(id.clone())).await;
        let Some(page) = self.page(&id).await else {
            return;
        };
        let mind = self.random.random_range(0..20);
        if mind == 0 {
            return;
        }
        if mind == 1 {
            self.finish(Ask::Cancel(id)).await;
        }
        for _ in 0..1 + u32::from(mind == 2) {
            self.world.cashier.take(&page);
        }
    }

    /// The payment page of an order; none when it cannot be paid any more.
    async fn page(&mut self, id: &str) -> Option<String> {
        while !self.is_over() {
            let url = self.url(&format!("/api/v1/orders/{id}/pay"));
            match send(self.client.post(url)).await {
                Some((200, body)) => return Some(body["url"].as_str()?.to_owned()),
                Some((400..500, _)) => return None,
                _ => {}
            }
        }
        None
    }

    /// One variant or two. Three of five want what there is plenty of, so that most answers are
    /// orders.
    fn wish(&mut self) -> Lines {
        let lines = self.random.random_range(1..3);
        (0..lines)
            .map(|_| {
                let (variant, _) = SHELF[self.random.random_range(0..6_usize).saturating_sub(2)];
                (variant.to_owned(), self.random.random_range(1..4))
            })
            .collect()
    }

    /// The body of an order at today's price; none when it was over before.
    async fn quote(&mut self, wish: &Lines) -> Option<Value> {
        let lines = wish.iter();
        let lines: Vec<Value> = lines
            .map(|(variant, quantity)| json!({"variant": variant, "quantity": quantity}))
            .collect();
        let mut wanted = json!({ "lines": lines });
        if self.random.random_bool(0.3) {
            wanted["coupon"] = json!(COUPON);
        }
        while !self.is_over() {
            let url = self.url(&format!("/api/v1/shows/{SHOW}/basket"));
            let answer = send(self.client.post(url).json(&wanted)).await;
            if let Some((409, _)) = answer {
                wanted["coupon"] = Value::Null; // Used up.
            }
            if let Some((200, basket)) = answer {
                let quotes = basket["quotes"].as_array().expect("one for each line");
                let lines = quotes.iter().zip(wish.values());
                let lines: Vec<Value> = lines
                    .map(|(quote, quantity)| json!({"quote": quote["quote"], "quantity": quantity}))
                    .collect();
                let total = &basket["total"];
                return Some(json!({"lines": lines, "total": total, "coupon": wanted["coupon"]}));
            }
        }
        None
    }

    /// Asks until there is an order or a no.
    async fn hold(&mut self, key: Key, wish: &Lines, body: &Value) -> Option<String> {
        let mut is_doubtful = false;
        while !self.is_over() {
            match self.reserve(&key, wish, body).await {
                Answer::Order(order) => return Some(order.id),
                // Refused now; but an earlier request may still be on its way.
                Answer::Refused(_) if !is_doubtful => return None,
                Answer::Refused(_) => break,
                Answer::Unknown => is_doubtful = true,
            }
        }
        if is_doubtful {
            self.doubts.push((key, wish.clone(), body.clone()));
        }
        None
    }

    async fn reserve(&mut self, key: &Key, wish: &Lines, body: &Value) -> Answer {
        let ask = Ask::Reserve {
            key: key.clone(),
            lines: wish.clone(),
        };
        self.call(ask, Some(body)).await
    }

    /// Asks until there is an answer.
    async fn finish(&mut self, ask: Ask) {
        while !self.is_over() && self.call(ask.clone(), None).await == Answer::Unknown {}
    }

    /// One request, written down.
    async fn call(&mut self, ask: Ask, body: Option<&Value>) -> Answer {
        let request = self.request(&ask, body);
        let asked = self.world.recorder.now();
        let answer = send(request).await.map_or(Answer::Unknown, understand);
        self.world.recorder.call(asked, ask, answer.clone());
        answer
    }

    fn request(&mut self, ask: &Ask, body: Option<&Value>) -> RequestBuilder {
        match ask {
            Ask::Reserve { key, .. } => {
                let url = self.url(&format!("/api/v1/shows/{SHOW}/orders"));
                let request = self.client.post(url).bearer_auth(&self.token);
                let key = format!("purchase-{}", key.purchase);
                request.header("idempotency-key", key).json(&body)
            }
            Ask::Confirm(id) => {
                let url = self.url(&format!("/api/v1/orders/{id}/confirm"));
                let at = format!("buyer-{}@example.org", self.number);
                let contact = json!({"name": "Ada", "contact": at});
                self.client.post(url).json(&contact)
            }
            Ask::Cancel(id) => {
                let url = self.url(&format!("/api/v1/orders/{id}/cancel"));
                self.client.post(url)
            }
            Ask::Read(id) => {
                let url = self.url(&format!("/api/v1/orders/{id}"));
                self.client.get(url)
            }
        }
    }

    /// The path at either server.
    fn url(&mut self, path: &str) -> String {
        let any = self.random.random_range(0..self.world.urls.len());
        format!("{}{path}", self.world.urls[any])
    }

    fn is_over(&self) -> bool {
        self.world.is_over.load(Ordering::Relaxed)
    }
}

/// Status and JSON of an answer that came whole; anything less counts as not said.
pub(crate) async fn send(request: RequestBuilder) -> Option<(u16, Value)> {
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    let body = answer.bytes().await.ok()?;
    Some((status, serde_json::from_slice(&body).ok()?))
}

/// 5xx leaves it open whether it was done.
fn understand((status, body): (u16, Value)) -> Answer {
    match status {
        200 | 201 => {
            let order: OrderView = serde_json::from_value(body).expect("an order in the answer");
            Answer::Order(Seen::from(order))
        }
        400..500 => Answer::Refused(body["code"].as_str().unwrap_or("?").to_owned()),
        _ => Answer::Unknown,
    }
}
