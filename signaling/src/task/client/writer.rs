//! The writing half of a page's socket: the outbox in order, pings when silent, and the last
//! word within its time even when the page does not read.

use axum::body::Bytes;
use axum::extract::ws::{Message, WebSocket};
use futures_util::SinkExt as _;
use futures_util::stream::SplitSink;
use tokio::sync::watch;

use crate::limits::{BYE_TIMEOUT, WS_PING_EVERY};
use crate::task::outbox::{Goodbye, OutboxReader, encode};

type Sink = SplitSink<WebSocket, Message>;

/// Writes until the outbox or the socket ends, or goodbye is said.
pub(super) async fn run(mut sink: Sink, reader: OutboxReader) {
    let OutboxReader {
        mut queue,
        mut goodbye,
        ..
    } = reader;
    let mut ping = tokio::time::interval(WS_PING_EVERY);
    ping.reset();
    loop {
        let message = tokio::select! {
            biased;
            reason = said(&mut goodbye) => return farewell(sink, reason).await,
            text = queue.recv() => match text {
                Some(text) => Message::Text(text),
                None => return close(sink).await,
            },
            _ = ping.tick() => Message::Ping(Bytes::new()),
        };
        tokio::select! {
            sent = sink.send(message) => if sent.is_err() { return },
            // Stuck in the middle of a message: the page does not read.
            reason = said(&mut goodbye) => return farewell(sink, reason).await,
        }
    }
}

async fn said(goodbye: &mut watch::Receiver<Option<Goodbye>>) -> Goodbye {
    let reason = goodbye
        .wait_for(Option::is_some)
        .await
        .map(|reason| *reason);
    match reason {
        Ok(reason) => reason.expect("waited for it"),
        // All outboxes are gone: the queue ends too, and that is acted upon.
        Err(_) => std::future::pending().await,
    }
}

async fn farewell(mut sink: Sink, reason: Goodbye) {
    let last = async {
        let _ = sink.send(Message::Text(encode(&reason.message()))).await;
        let _ = sink.send(Message::Close(None)).await;
    };
    let _ = tokio::time::timeout(BYE_TIMEOUT, last).await;
}

async fn close(mut sink: Sink) {
    let _ = tokio::time::timeout(BYE_TIMEOUT, sink.send(Message::Close(None))).await;
}
