//! Payments on a provider's page, against a provider that speaks Stripe's HTTP shapes: in time,
//! late, twice, forged, of a wrong amount, and while either side is away.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use reqwest::Client;
use serde_json::{Value, json};
use signaling::clock::now_ms;
use signaling::protocol::client::Role;
use tests::clock::Clock;
use tests::server::{Disk, Server};
use tests::stripe_shaped::{Event, Mood, StripeShaped, signature};

use super::buyer::{body, send};
use super::{SHOW, import};

/// A server that takes its money at a provider, with three lamps and one cup.
struct World {
    provider: StripeShaped,
    server: Server,
    disk: Disk,
    clock: Clock,
    client: Client,
    keys: std::cell::Cell<u32>,
}

impl World {
    async fn open() -> Result<World> {
        let provider = StripeShaped::start().await?;
        let (disk, clock) = (Disk::new()?, Clock::new()?);
        let server = start(&provider, &disk, &clock)?;
        import(
            server.url(),
            &disk,
            "lamp,Lamp,49.90,EUR,3\ncup,Cup,8,EUR,1\n",
        )
        .await?;
        Ok(World {
            provider,
            server,
            disk,
            clock,
            client: Client::new(),
            keys: std::cell::Cell::new(0),
        })
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.server.url())
    }

    /// Reserves one piece.
    async fn reserve(&self, variant: &str) -> Result<String> {
        let quote = self.url(&format!("/api/v1/shows/{SHOW}/quotes/{variant}"));
        let (_, quote) = send(self.client.get(quote)).await.expect("an answer");
        self.keys.set(self.keys.get() + 1);
        let request = self
            .client
            .post(self.url(&format!("/api/v1/shows/{SHOW}/orders")))
            .bearer_auth(self.disk.token(SHOW, Role::Viewer))
            .header("idempotency-key", format!("k{}", self.keys.get()))
            .json(&body(&quote, 1));
        let (status, order) = send(request).await.expect("an answer");
        ensure!(status == 201, "{order}");
        Ok(order["id"].as_str().context("an id")?.to_owned())
    }

    /// Reserves one piece and says who buys.
    async fn pending(&self, variant: &str) -> Result<String> {
        let id = self.reserve(variant).await?;
        let contact = json!({"name": "Ada", "contact": "ada@example.org"});
        let (status, order) = self
            .post(&format!("/api/v1/orders/{id}/confirm"), &contact)
            .await;
        ensure!(
            (status, &order["state"]) == (200, &json!("pending")),
            "{order}"
        );
        Ok(id)
    }

    async fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let request = self.client.post(self.url(path)).json(body);
        let (status, answer) = send(request).await.expect("an answer");
        (status.as_u16(), answer)
    }

    async fn page(&self, order: &str) -> Result<String> {
        let (status, page) = self
            .post(&format!("/api/v1/orders/{order}/pay"), &json!({}))
            .await;
        ensure!(status == 200, "{page}");
        Ok(page["url"].as_str().context("a page")?.to_owned())
    }

    async fn pay(&self, order: &str) -> Result<Event> {
        self.provider.pay(&self.page(order).await?)
    }

    async fn told(&self, event: &Event) -> Result<()> {
        let told = self.provider.tell(self.server.url(), event).await?;
        ensure!(told == (204, String::new()), "{told:?}");
        Ok(())
    }

    async fn state(&self, order: &str) -> String {
        let url = self.url(&format!("/api/v1/orders/{order}"));
        let (_, order) = send(self.client.get(url)).await.expect("an answer");
        order["state"].as_str().unwrap_or_default().to_owned()
    }

    /// Waits until an order is in this state.
    async fn becomes(&self, order: &str, state: &str) -> Result<()> {
        let asked = async {
            while self.state(order).await != state {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        let done = tokio::time::timeout(Duration::from_secs(20), asked).await;
        let found = self.state(order).await;
        done.with_context(|| format!("waited in vain: {order} is {found}, not {state}"))
    }

    async fn free(&self, variant: &str) -> u64 {
        let url = self.url(&format!("/api/v1/shows/{SHOW}/products"));
        let (_, shelf) = send(self.client.get(url)).await.expect("an answer");
        let mut all = shelf["products"].as_array().into_iter().flatten();
        let product = all.find(|product| product["id"] == variant);
        product
            .and_then(|product| product["available"].as_u64())
            .unwrap_or(u64::MAX)
    }

    /// How often each payment was given back.
    fn refunds(&self) -> Vec<u32> {
        let taken = self.provider.taken();
        taken.values().map(|taken| taken.refunds).collect()
    }

    async fn host(&self, order: &str, state: &str) -> (u16, Value) {
        let url = self.url(&format!("/api/v1/shows/{SHOW}/orders/{order}"));
        let request = self.client.put(url).json(&json!({ "state": state }));
        let request = request.bearer_auth(self.disk.token(SHOW, Role::Host));
        let (status, answer) = send(request).await.expect("an answer");
        (status.as_u16(), answer)
    }
}

fn start(provider: &StripeShaped, disk: &Disk, clock: &Clock) -> Result<Server> {
    let command = clock.command(env!("CARGO_BIN_EXE_vitrine-tested"));
    Server::start_as(command, disk, &provider.arguments())
}

#[tokio::test]
async fn an_order_is_theirs_when_it_is_paid_and_comes_back_when_it_is_called_off() -> Result<()> {
    let world = World::open().await?;
    let order = world.pending("lamp").await?;
    let page = world.page(&order).await?;
    assert_eq!(
        world.page(&order).await?,
        page,
        "asked again it is the same page"
    );
    let session = world.provider.session(&page)?;
    assert_eq!(session["amount_total"], 4990);
    assert_eq!(
        session["success_url"],
        format!("http://shop.example/o/{order}")
    );
    assert_eq!(session["customer_email"], "ada@example.org");
    let event = world.provider.pay(&page)?;
    world.told(&event).await?;
    assert_eq!(world.state(&order).await, "paid");
    // The provider tells it again, signed again: taken, and nothing changes.
    world.told(&event).await?;
    assert_eq!((world.free("lamp").await, world.refunds()), (2, vec![0]));
    let (status, again) = world
        .post(&format!("/api/v1/orders/{order}/pay"), &json!({}))
        .await;
    assert_eq!((status, &again["code"]), (409, &json!("order_state")));

    let (status, refused) = world.host(&order, "refunded").await;
    assert_eq!((status, &refused["code"]), (409, &json!("order_state")));
    let (status, off) = world.host(&order, "cancelled").await;
    assert_eq!((status, &off["state"]), (200, &json!("refunding")));
    world.becomes(&order, "refunded").await?;
    assert_eq!((world.free("lamp").await, world.refunds()), (3, vec![1]));
    let by_hand = world.pending("lamp").await?;
    world.told(&world.pay(&by_hand).await?).await?;
    let payments = world.provider.taken();
    let paid = payments.iter().find(|(_, taken)| taken.order == by_hand);
    let event = world
        .provider
        .refund_by_hand(paid.context("a payment")?.0)?;
    world.told(&event).await?;
    assert_eq!(world.state(&by_hand).await, "refunded");
    Ok(())
}

#[tokio::test]
async fn only_the_providers_fresh_word_is_believed() -> Result<()> {
    let world = World::open().await?;
    let order = world.pending("lamp").await?;
    let event = world.pay(&order).await?;
    let now_s = now_ms() / 1_000;
    let good = signature(&event, now_s);
    let forged = good.replace("v1=", "v1=00");
    let headers = [
        (String::new(), "invalid_signature"),
        (
            format!("t={now_s},v1={}", "0".repeat(64)),
            "invalid_signature",
        ),
        (forged, "invalid_signature"),
        (signature(&event, now_s - 400), "stale_signature"),
        (signature(&event, now_s + 400), "stale_signature"),
    ];
    let url = world.server.url().to_owned();
    for (header, code) in &headers {
        let told = world.provider.tell_signed(&url, &event, header).await?;
        assert_eq!(told, (400, (*code).to_owned()), "{header}");
    }
    let mut other = event.clone();
    other.body = other.body.replace("4990", "1");
    let told = world.provider.tell_signed(&url, &other, &good).await?;
    assert_eq!(told, (400, "invalid_signature".to_owned()), "another body");
    let broken = Event { body: "{".into() };
    let told = world.provider.tell(&url, &broken).await?;
    assert_eq!(told, (400, "malformed_event".to_owned()));
    assert_eq!(world.state(&order).await, "pending");
    world.told(&event).await?;
    assert_eq!(world.state(&order).await, "paid");

    // A recording of it is of no use later, and within five minutes changes nothing.
    let told = world.provider.tell_signed(&url, &event, &good).await?;
    assert_eq!(told, (204, String::new()));
    world.clock.set(600)?;
    let asked = async {
        while world.provider.tell_signed(&url, &event, &good).await?.1 != "stale_signature" {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(10), asked).await??;
    assert_eq!(world.refunds(), [0]);
    Ok(())
}

#[tokio::test]
async fn wrong_second_and_unwanted_money_goes_back() -> Result<()> {
    let world = World::open().await?;
    let order = world.pending("lamp").await?;
    let page = world.page(&order).await?;
    let less = world
        .provider
        .pay_with(&page, |session| session["amount_total"] = json!(4989))?;
    let other = world
        .provider
        .pay_with(&page, |session| session["currency"] = json!("usd"))?;
    world.told(&less).await?;
    world.told(&other).await?;
    assert_eq!(
        world.state(&order).await,
        "pending",
        "that was not its price"
    );
    world.told(&world.provider.pay(&page)?).await?;
    world.told(&world.provider.pay(&page)?).await?;
    assert_eq!(world.state(&order).await, "paid");
    let given_up = world.pending("lamp").await?;
    let event = world.pay(&given_up).await?;
    world
        .post(&format!("/api/v1/orders/{given_up}/cancel"), &json!({}))
        .await;
    world.told(&event).await?;
    world.becomes(&given_up, "refunded").await?;
    let asked = async {
        while world.refunds() != [1, 1, 0, 1, 1] {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let done = tokio::time::timeout(Duration::from_secs(20), asked).await;
    done.with_context(|| format!("{:?}", world.provider.taken()))?;
    assert_eq!(
        (world.state(&order).await.as_str(), world.free("lamp").await),
        ("paid", 2)
    );
    // Money for an order of somebody else's server is not ours to give back.
    let elsewhere = world.provider.pay_with(&page, |session| {
        session["metadata"]["vitrine_order"] = json!("AAAAAAAAAAAAAAAAAAAAAA");
    })?;
    world.told(&elsewhere).await?;
    Ok(())
}

#[tokio::test]
async fn late_money_takes_what_is_there_or_goes_back() -> Result<()> {
    let world = World::open().await?;
    let (lamp, cup) = (world.pending("lamp").await?, world.pending("cup").await?);
    let (for_lamp, for_cup) = (world.pay(&lamp).await?, world.pay(&cup).await?);
    // Their time is over before the provider tells of it.
    world.clock.set(660)?;
    world.becomes(&lamp, "expired").await?;
    world.becomes(&cup, "expired").await?;
    world.clock.set(0)?;
    // Somebody else has the only cup meanwhile.
    world.reserve("cup").await?;
    let told = async {
        // The server's clock is right again within a second.
        while world.provider.tell(world.server.url(), &for_lamp).await?.0 != 204 {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(Duration::from_secs(10), told).await??;
    world.told(&for_cup).await?;
    assert_eq!(world.state(&lamp).await, "paid", "there are lamps still");
    world.becomes(&cup, "refunded").await?;
    assert_eq!(world.free("lamp").await, 2);
    Ok(())
}

#[tokio::test]
async fn a_provider_that_is_away_costs_patience_and_nothing_else() -> Result<()> {
    let mut world = World::open().await?;
    let order = world.pending("lamp").await?;
    let pay = format!("/api/v1/orders/{order}/pay");
    for mood in [Mood::Down, Mood::Mute] {
        world.provider.set(mood);
        let (status, refused) = world.post(&pay, &json!({})).await;
        assert_eq!(
            (status, &refused["code"]),
            (503, &json!("payment_unavailable"))
        );
        assert!(
            refused["hint"]
                .as_str()
                .unwrap_or_default()
                .contains("ask again")
        );
        assert_eq!(world.state(&order).await, "pending", "it is held on");
    }
    world.provider.set(Mood::Well);
    world.told(&world.pay(&order).await?).await?;
    assert_eq!(world.state(&order).await, "paid");

    // The refund is owed over a crash, and given once although an answer is lost.
    world.provider.set(Mood::Down);
    let (status, _) = world.host(&order, "cancelled").await;
    assert_eq!(status, 200);
    world.server.kill()?;
    world.provider.set(Mood::Mute);
    world.server = start(&world.provider, &world.disk, &world.clock)?;
    let asked = async {
        while world.refunds() != [1] {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asked).await?;
    assert_eq!(
        world.state(&order).await,
        "refunding",
        "nobody has told that it is done"
    );
    world.provider.set(Mood::Well);
    world.becomes(&order, "refunded").await?;
    assert_eq!(world.refunds(), [1]);
    Ok(())
}

#[tokio::test]
async fn without_a_provider_there_is_no_page_and_no_event() -> Result<()> {
    let provider = StripeShaped::start().await?;
    let disk = Disk::new()?;
    let server = super::serve(&disk)?;
    let event = Event { body: "{}".into() };
    let told = provider.tell(server.url(), &event).await?;
    assert_eq!(told, (404, "no_provider".to_owned()));
    let url = format!("{}/api/v1/orders/AAAA/pay", server.url());
    let (status, answer) = send(Client::new().post(url)).await.expect("an answer");
    assert_eq!(
        (status.as_u16(), &answer["code"]),
        (409, &json!("no_payment_page"))
    );
    Ok(())
}
