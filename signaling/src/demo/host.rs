//! The scripted host's hands: joins the show over the WebSocket like any host console and carries
//! out what the [`Director`] decides, in step with the clip.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::api::{self, Api};
use super::clip::Clip;
use super::director::{Act, Director};
use super::{DemoError, OnAir};
use crate::protocol::PROTOCOL_VERSION;
use crate::protocol::client::ClientMessage;
use crate::protocol::server::{JoinState, RoomEvent, ServerMessage};

/// While nothing is on air the host looks this often whether the show has begun.
const IDLE: Duration = Duration::from_secs(60);

/// Fills the shelf, joins, and pins until the socket ends.
pub(super) async fn host(
    api: &Api,
    clip: &Clip,
    mut on_air: watch::Receiver<OnAir>,
) -> Result<(), DemoError> {
    api.create_show().await?;
    api::restock(api).await?;
    let mut hands = Hands::join(api).await?;
    let mut director = Director::default();
    loop {
        let start = *on_air.borrow_and_update();
        let mut wake = None;
        if let Some(start) = start {
            let at = elapsed_ms(start);
            director.position(clip, at);
            wake = Some(start + Duration::from_millis(clip.next_change_ms(at)));
        }
        while let Some(act) = director.poll() {
            hands.carry_out(api, act).await?;
        }
        let pause = async {
            match wake {
                Some(wake) => tokio::time::sleep_until(wake).await,
                None => tokio::time::sleep(IDLE).await,
            }
        };
        tokio::select! {
            () = pause => {}
            changed = on_air.changed() => {
                changed.map_err(|_| DemoError::Ended("the publisher is gone".into()))?;
            }
            message = hands.hear() => hear(&mut director, clip, message?)?,
        }
    }
}

fn elapsed_ms(start: Instant) -> u64 {
    u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// What the server says to the host.
fn hear(director: &mut Director, clip: &Clip, message: ServerMessage) -> Result<(), DemoError> {
    match message {
        ServerMessage::Joined {
            you,
            state: JoinState::Snapshot { show, .. },
            ..
        } => {
            let pins = show.pins.into_iter().map(|pin| pin.product);
            let variants = show.products.into_iter().flat_map(|p| p.variants);
            let empty = variants.filter(|variant| variant.available == 0);
            director.joined(clip, you.id, pins, empty.map(|variant| variant.id));
        }
        ServerMessage::Entry(entry) => {
            if let RoomEvent::Stock {
                variant, available, ..
            } = entry.event
            {
                director.stock(variant, available);
            }
        }
        ServerMessage::Refused {
            request: Some(_),
            code,
            message,
            ..
        } => {
            // A person may have changed the table meanwhile; the script goes on.
            tracing::info!(code, message, "the server refused the scripted host");
        }
        ServerMessage::Refused { message, .. } => return Err(DemoError::Ended(message)),
        ServerMessage::Bye { reason, .. } => {
            return Err(DemoError::Ended(format!(
                "the server said goodbye: {reason}"
            )));
        }
        _ => {}
    }
    Ok(())
}

struct Hands {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    requests: u32,
}

impl Hands {
    async fn join(api: &Api) -> Result<Hands, DemoError> {
        let ticket = api.ticket().await?;
        let (socket, _) = tokio_tungstenite::connect_async(api.socket_url())
            .await
            .map_err(Box::new)?;
        let mut hands = Hands {
            socket,
            requests: 0,
        };
        hands
            .say(&ClientMessage::Join {
                protocol: PROTOCOL_VERSION,
                ticket,
                offer: None,
                resume: None,
                captions: None,
                name: None,
            })
            .await?;
        Ok(hands)
    }

    async fn carry_out(&mut self, api: &Api, act: Act) -> Result<(), DemoError> {
        self.requests = self.requests.wrapping_add(1);
        let request = self.requests;
        match act {
            Act::SpeakEnglish(participant) => {
                let language = Some("en".to_owned());
                self.say(&ClientMessage::SpeechLanguage {
                    request,
                    participant,
                    language,
                })
                .await
            }
            Act::Pin(product) => self.say(&ClientMessage::Pin { request, product }).await,
            Act::Unpin(product) => self.say(&ClientMessage::Unpin { request, product }).await,
            Act::Restock => Ok(api::restock(api).await?),
        }
    }

    async fn say(&mut self, message: &ClientMessage) -> Result<(), DemoError> {
        let text = serde_json::to_string(message).expect("messages are JSON");
        self.socket
            .send(Message::text(text))
            .await
            .map_err(|e| DemoError::Socket(Box::new(e)))
    }

    /// The next message. Pings are answered by the socket itself while it is read.
    async fn hear(&mut self) -> Result<ServerMessage, DemoError> {
        loop {
            let message = self.socket.next().await;
            let message = message.ok_or_else(|| DemoError::Ended("the socket ended".into()))?;
            if let Message::Text(text) = message.map_err(|e| DemoError::Socket(Box::new(e)))? {
                return serde_json::from_str(&text)
                    .map_err(|e| DemoError::Ended(format!("cannot read the server: {e}")));
            }
        }
    }
}
