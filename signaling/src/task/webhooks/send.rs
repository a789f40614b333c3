//! One try: the signed POST, to an address that the guard has judged.

use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};

use crate::limits::webhooks::{CONNECT_TIMEOUT, ERROR_CHARS_MAX, TRY_TIMEOUT};
use crate::protocol::webhook::Event;
use crate::store::webhooks::{Trace, Webhook};
use crate::webhook::guard::Guard;
use crate::webhook::schedule::Verdict;
use crate::webhook::sign::signature;

/// Makes the requests. Cheap to clone.
#[derive(Clone)]
pub(super) struct Sender {
    guard: Arc<Guard>,
    /// To public addresses and allowed ones.
    secure: Client,
    /// Plain HTTP, to allowed ones only.
    plain: Client,
}

impl Sender {
    pub(super) fn new(guard: Arc<Guard>) -> reqwest::Result<Sender> {
        let client = |is_plain| {
            Client::builder()
                // The name's addresses as they were judged are the ones that are connected to.
                .dns_resolver(Arc::new(Judge {
                    guard: Arc::clone(&guard),
                    is_plain,
                }))
                // A proxy would resolve the name again; a redirect would name another place.
                .no_proxy()
                .redirect(Policy::none())
                .connect_timeout(CONNECT_TIMEOUT)
                .timeout(TRY_TIMEOUT)
                .user_agent(concat!("vitrine/", env!("CARGO_PKG_VERSION")))
                .build()
        };
        let (secure, plain) = (client(false)?, client(true)?);
        Ok(Sender {
            guard,
            secure,
            plain,
        })
    }

    /// Sends an event and reads the status; the answer's body is nobody's concern.
    pub(super) async fn post(
        &self,
        webhook: &Webhook,
        event: &Event,
        now_ms: u64,
    ) -> (Verdict, Trace) {
        let failed = |error: String| {
            let error = error.chars().take(ERROR_CHARS_MAX).collect();
            (
                Verdict::Failed,
                Trace {
                    status: None,
                    error: Some(error),
                },
            )
        };
        // Judged again at each try: the operator may have taken a network back.
        let url: Url = match self.guard.url(&webhook.url) {
            Ok(url) => url,
            Err(error) => return failed(error.to_string()),
        };
        let body = serde_json::to_string(event).expect("an event is plain data");
        let id = format!("{}.{}", event.data.show, event.data.seq);
        let timestamp_s = now_ms / 1_000;
        let signature = signature(&webhook.secrets(now_ms), &id, timestamp_s, &body);
        let client = if url.scheme() == "http" {
            &self.plain
        } else {
            &self.secure
        };
        let request = client
            .post(url)
            .header("content-type", "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", timestamp_s.to_string())
            .header("webhook-signature", signature)
            .body(body);
        match request.send().await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                (
                    Verdict::of(status),
                    Trace {
                        status: Some(status),
                        error: None,
                    },
                )
            }
            // Without the URL, which may hold a key of the receiver's; with the innermost cause.
            Err(error) => failed(cause(&error.without_url())),
        }
    }
}

fn cause(error: &dyn std::error::Error) -> String {
    let mut innermost = error;
    while let Some(source) = innermost.source() {
        innermost = source;
    }
    innermost.to_string()
}

/// Resolves names and refuses those with any address that the guard does not admit.
struct Judge {
    guard: Arc<Guard>,
    is_plain: bool,
}

impl Resolve for Judge {
    fn resolve(&self, name: Name) -> Resolving {
        let (guard, is_plain) = (Arc::clone(&self.guard), self.is_plain);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let found: Vec<SocketAddr> = found.collect();
            let admits = |at: &SocketAddr| match is_plain {
                true => guard.is_allowed(at.ip()),
                false => guard.admits(at.ip()),
            };
            if let Some(bad) = found.iter().find(|at| !admits(at)) {
                let address = bad.ip();
                let why = format!("`{address}` is not a place webhooks may go");
                return Err(Box::<dyn std::error::Error + Send + Sync>::from(why));
            }
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}
