//! A payment provider for tests: it speaks the HTTP shapes that Stripe documents for checkout
//! sessions, refunds and signed events, keeps their promises about idempotency keys, and can be
//! told to fail. What buyers do on its page, tests do by [`StripeShaped::pay`].

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result, ensure};
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Client;
use serde_json::{Value, json};
use sha2::Sha256;
use signaling::clock::now_ms;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

const KEY: &str = "sk_test_key";
const SECRET: &str = "whsec_test_secret";

/// How the provider is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// It works.
    Well,
    /// It does nothing and answers 500.
    Down,
    /// It does what is asked, and its answer is lost.
    Mute,
}

/// Money that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// For this order.
    pub order: String,
    /// In the provider's units.
    pub amount: i64,
    /// How often it was given back.
    pub refunds: u32,
}

/// An event, as it is sent again and again until it is taken.
#[derive(Debug, Clone)]
pub struct Event {
    /// JSON.
    pub body: String,
}

type Form = BTreeMap<String, String>;

#[derive(Default)]
struct Books {
    mood: Option<Mood>,
    /// What was asked with an idempotency key, and the answer.
    answers: BTreeMap<String, (Form, Value)>,
    /// Sessions by their page.
    sessions: BTreeMap<String, Value>,
    taken: BTreeMap<String, Taken>,
    count: u32,
}

impl Books {
    fn number(&mut self) -> u32 {
        self.count += 1;
        self.count
    }
}

/// The provider. Ends when dropped.
pub struct StripeShaped {
    url: String,
    books: Arc<Mutex<Books>>,
    client: Client,
    task: JoinHandle<()>,
}

impl Drop for StripeShaped {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl StripeShaped {
    /// Opens it on a free port.
    ///
    /// # Errors
    /// When there is none.
    pub async fn start() -> Result<StripeShaped> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let books = Arc::<Mutex<Books>>::default();
        let router = Router::new()
            .route("/v1/checkout/sessions", post(session))
            .route("/v1/refunds", post(refund))
            .with_state((url.clone(), Arc::clone(&books)));
        let task = tokio::spawn(async move {
            axum::serve(listener, router)
                .await
                .expect("it serves until it is dropped");
        });
        Ok(StripeShaped {
            url,
            books,
            client: Client::new(),
            task,
        })
    }

    /// What a server is started with to take its money here.
    #[must_use]
    pub fn arguments(&self) -> [&str; 8] {
        [
            "--stripe-key",
            KEY,
            "--stripe-webhook-secret",
            SECRET,
            "--stripe-url",
            &self.url,
            "--public-url",
            "http://shop.example",
        ]
    }

    /// Makes it work or not.
    pub fn set(&self, mood: Mood) {
        self.books().mood = Some(mood);
    }

    /// All the money it took, by its payment's id.
    #[must_use]
    pub fn taken(&self) -> BTreeMap<String, Taken> {
        self.books().taken.clone()
    }

    /// The session behind a page.
    ///
    /// # Errors
    /// When there is none.
    pub fn session(&self, page: &str) -> Result<Value> {
        let session = self.books().sessions.get(page).cloned();
        session.with_context(|| format!("there is no page {page}"))
    }

    /// Pays on a page; the event that tells of it.
    ///
    /// # Errors
    /// When there is no such page.
    pub fn pay(&self, page: &str) -> Result<Event> {
        self.pay_with(page, |_| {})
    }

    /// Pays, and tells of it with something changed.
    ///
    /// # Errors
    /// When there is no such page.
    pub fn pay_with(&self, page: &str, change: impl FnOnce(&mut Value)) -> Result<Event> {
        let mut session = self.session(page)?;
        let mut books = self.books();
        let payment = format!("pi_{:06}", books.number());
        session["payment_status"] = json!("paid");
        session["payment_intent"] = json!(payment);
        change(&mut session);
        let taken = Taken {
            order: session["metadata"]["vitrine_order"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            amount: session["amount_total"].as_i64().unwrap_or_default(),
            refunds: 0,
        };
        books.taken.insert(payment, taken);
        Ok(event(&mut books, "checkout.session.completed", &session))
    }

    /// Gives a payment back by hand, as on the provider's own pages; the event that tells of it.
    ///
    /// # Errors
    /// When there is no such payment.
    pub fn refund_by_hand(&self, payment: &str) -> Result<Event> {
        let mut books = self.books();
        let taken = books.taken.get_mut(payment).context("a payment")?;
        taken.refunds += 1;
        let charge = json!({"object": "charge", "payment_intent": payment, "refunded": true,
            "amount": taken.amount, "amount_refunded": taken.amount, "currency": "eur",
            "metadata": {"vitrine_order": taken.order}});
        Ok(event(&mut books, "charge.refunded", &charge))
    }

    /// Sends an event to a server, signed now; its status and code.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn tell(&self, server: &str, event: &Event) -> Result<(u16, String)> {
        let header = signed(&event.body, SECRET, now_ms() / 1_000);
        self.tell_signed(server, event, &header).await
    }

    /// Sends an event with this `Stripe-Signature`.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn tell_signed(
        &self,
        server: &str,
        event: &Event,
        header: &str,
    ) -> Result<(u16, String)> {
        let url = format!("{server}/api/v1/payments/stripe");
        let request = self.client.post(url).header("stripe-signature", header);
        let answer = request.body(event.body.clone()).send().await?;
        let status = answer.status().as_u16();
        let body: Value = serde_json::from_slice(&answer.bytes().await?).unwrap_or_default();
        Ok((status, body["code"].as_str().unwrap_or_default().to_owned()))
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `Stripe-Signature` of an event by the provider's secret at this time.
#[must_use]
pub fn signature(event: &Event, time_s: u64) -> String {
    signed(&event.body, SECRET, time_s)
}

fn signed(body: &str, secret: &str, time_s: u64) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
    mac.update(format!("{time_s}.{body}").as_bytes());
    let bytes = mac.finalize().into_bytes();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={time_s},v1={hex}")
}

fn event(books: &mut Books, kind: &str, object: &Value) -> Event {
    let id = format!("evt_{}", books.number());
    let body = json!({"id": id, "object": "event", "type": kind, "created": now_ms() / 1_000,
        "livemode": false, "data": {"object": object}});
    Event {
        body: body.to_string(),
    }
}

type Shared = (String, Arc<Mutex<Books>>);

async fn session(State((url, books)): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    answer(&books, &headers, &body, |books, form| {
        let id = format!("cs_test_{}", books.number());
        let page = format!("{url}/c/pay/{id}");
        let field = |name: &str| form.get(name).map(String::as_str);
        ensure!(field("mode") == Some("payment"), "mode");
        ensure!(
            field("success_url").is_some_and(|url| url.starts_with("http")),
            "success_url"
        );
        let end_s: u64 = field("expires_at").context("expires_at")?.parse()?;
        let left_s = i128::from(end_s) - i128::from(now_ms() / 1_000);
        ensure!(
            (30 * 60..=24 * 3_600).contains(&left_s),
            "expires_at is in {left_s} s"
        );
        let currency = field("line_items[0][price_data][currency]").context("currency")?;
        let session = json!({"id": id, "object": "checkout.session", "url": page,
            "status": "open", "payment_status": "unpaid", "payment_intent": null,
            "amount_total": total(form)?, "currency": currency,
            "client_reference_id": field("client_reference_id"),
            "success_url": field("success_url"), "customer_email": field("customer_email"),
            "metadata": {"vitrine_order": field("metadata[vitrine_order]")}});
        books.sessions.insert(page, session.clone());
        Ok(session)
    })
}

/// Sum of a session's lines and shipping.
fn total(form: &Form) -> Result<i64> {
    let number = |name: &str| form.get(name).map(|text| text.parse::<i64>()).transpose();
    let mut sum = number("shipping_options[0][shipping_rate_data][fixed_amount][amount]")?
        .unwrap_or_default();
    for at in 0.. {
        let price = number(&format!("line_items[{at}][price_data][unit_amount]"))?;
        let pieces = number(&format!("line_items[{at}][quantity]"))?;
        let Some((price, pieces)) = price.zip(pieces) else {
            break;
        };
        let name = format!("line_items[{at}][price_data][product_data][name]");
        ensure!(
            form.get(&name).is_some_and(|name| !name.is_empty()),
            "{name}"
        );
        sum += price * pieces;
    }
    ensure!(sum > 0, "amount too small");
    Ok(sum)
}

async fn refund(State((_, books)): State<Shared>, headers: HeaderMap, body: Bytes) -> Response {
    answer(&books, &headers, &body, |books, form| {
        let payment = form.get("payment_intent").context("payment_intent")?;
        let id = format!("re_{}", books.number());
        let taken = books.taken.get_mut(payment).context("resource_missing")?;
        ensure!(taken.refunds == 0, "charge_already_refunded");
        taken.refunds += 1;
        Ok(json!({"id": id, "object": "refund", "status": "succeeded", "payment_intent": payment}))
    })
}

/// Answers as Stripe does: to a key of its account; to a known idempotency key as before, or not at
/// all when something else is asked with it.
fn answer(
    books: &Mutex<Books>,
    headers: &HeaderMap,
    body: &[u8],
    act: impl FnOnce(&mut Books, &Form) -> Result<Value>,
) -> Response {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let refused = |status: StatusCode, code: &str| {
        let error = json!({"error": {"type": "invalid_request_error", "code": code,
            "message": code}});
        (status, Json(error)).into_response()
    };
    let mut books = books.lock().unwrap_or_else(PoisonError::into_inner);
    let mood = books.mood.unwrap_or(Mood::Well);
    if mood == Mood::Down {
        return refused(StatusCode::INTERNAL_SERVER_ERROR, "api_error");
    }
    if header("authorization") != Some(&format!("Bearer {KEY}")) {
        return refused(StatusCode::UNAUTHORIZED, "invalid_api_key");
    }
    let form: Form = form_urlencoded::parse(body).into_owned().collect();
    let Some(key) = header("idempotency-key") else {
        return refused(StatusCode::BAD_REQUEST, "no idempotency key");
    };
    let known = books.answers.get(key).cloned();
    let said = match known {
        Some((asked, said)) if asked == form => Ok(said),
        Some(_) => return refused(StatusCode::BAD_REQUEST, "idempotency_error"),
        None => act(&mut books, &form),
    };
    match said {
        Ok(said) => {
            books.answers.insert(key.to_owned(), (form, said.clone()));
            match mood {
                Mood::Mute => refused(StatusCode::BAD_GATEWAY, "lost"),
                _ => Json(said).into_response(),
            }
        }
        Err(error) => refused(StatusCode::BAD_REQUEST, &error.to_string()),
    }
}
