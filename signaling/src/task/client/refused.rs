//! Refusals as pages see them: a stable code, a sentence, and a hint when there is one.

use crate::protocol::server::ServerMessage;
use crate::room::Refusal;
use crate::task::room::Closing;

/// Why a request, or without one the connection, is refused.
#[derive(Debug)]
pub(super) struct Refused {
    code: String,
    message: String,
    hint: Option<String>,
    wait_ms: Option<u32>,
}

impl Refused {
    pub(super) fn new(code: &str, message: impl Into<String>) -> Refused {
        Refused {
            code: code.to_owned(),
            message: message.into(),
            hint: None,
            wait_ms: None,
        }
    }

    pub(super) fn hint(mut self, hint: &str) -> Refused {
        self.hint = Some(hint.to_owned());
        self
    }

    pub(super) fn is_stopping(&self) -> bool {
        self.code == "stopping"
    }

    pub(super) fn message(self, request: Option<u32>) -> ServerMessage {
        let Refused {
            code,
            message,
            hint,
            wait_ms,
        } = self;
        ServerMessage::Refused {
            request,
            code,
            message,
            hint,
            wait_ms,
        }
    }
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Refused {
        let hint = refusal.hint().map(str::to_owned);
        Refused {
            code: refusal.code().to_owned(),
            message: refusal.to_string(),
            hint,
            wait_ms: refusal.wait_ms(),
        }
    }
}

impl From<Closing> for Refused {
    fn from(closing: Closing) -> Refused {
        Refused::new("stopping", closing.to_string()).hint("connect again")
    }
}

impl From<media::OfferError> for Refused {
    fn from(error: media::OfferError) -> Refused {
        let code = match &error {
            media::OfferError::Malformed(_) => "malformed_sdp",
            media::OfferError::Unacceptable(_) => "unacceptable_offer",
            media::OfferError::Codec { .. } => "codec_not_offered",
            media::OfferError::Full => "server_full",
            media::OfferError::Stopping => "stopping",
            media::OfferError::NoSession => "no_session",
        };
        Refused::new(code, error.to_string())
    }
}
