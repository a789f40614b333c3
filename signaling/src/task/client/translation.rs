//! A chat line in the reader's language. It is made beside the page's other requests, which do
//! not wait for it.

use translate::written::Rendered;

use super::{Client, Refused};
use crate::clock::now_ms;
use crate::http::AppState;
use crate::protocol::server::ServerMessage;
use crate::room::{Refusal, Words, is_language_tag};
use crate::task::interpreter::NotRead;
use crate::task::outbox::encode;
use crate::task::room::RoomHandle;

impl Client {
    /// Begins a translation; its answer goes out by itself.
    pub(super) fn translate(
        &mut self,
        request: u32,
        id: u64,
        language: String,
    ) -> Result<(), Refused> {
        if !is_language_tag(&language) {
            return Err(Refusal::BadLanguage.into());
        }
        if self.translations.take(now_ms(), 1) == 0 {
            let why = "you are reading faster than lines are translated";
            return Err(Refused::new("translate_too_fast", why).hint("wait a second"));
        }
        let (state, room, outbox) = (self.state.clone(), self.room.clone(), self.outbox.clone());
        let show = self.show.0.clone();
        tokio::spawn(async move {
            let answer = translated(&state, &room, (&show, request), id, &language).await;
            let answer = answer.unwrap_or_else(|refused| refused.message(Some(request)));
            outbox.send(encode(&answer));
        });
        Ok(())
    }
}

async fn translated(
    state: &AppState,
    room: &RoomHandle,
    (show, request): (&str, u32),
    id: u64,
    language: &str,
) -> Result<ServerMessage, Refused> {
    let (line, words) = room.chat_line(id).await?.ok_or(Refusal::UnknownChatLine)?;
    let rendered = state
        .interpreter
        .translate(show, id, &line.text, language)
        .await?;
    shown(request, &line.text, rendered, &words)
}

/// The show's word list holds for what a line becomes, too.
fn shown(
    request: u32,
    line: &str,
    rendered: Rendered,
    words: &Words,
) -> Result<ServerMessage, Refused> {
    if words.forbid(&rendered.text) || words.forbid(line) {
        return Err(Refusal::BlockedWords.into());
    }
    Ok(ServerMessage::Translated {
        request,
        from: rendered.from.0,
        text: rendered.text,
        kept: rendered.kept,
    })
}

impl From<NotRead> for Refused {
    fn from(error: NotRead) -> Refused {
        use translate::written::Unread;
        let code = match &error {
            NotRead::Off(_) => "translation_off",
            NotRead::Busy => "translation_busy",
            NotRead::Line(Unread::Unknown) => "language_unknown",
            NotRead::Line(Unread::Same) => "same_language",
            NotRead::Line(Unread::NoWay(_)) => "no_translation",
            NotRead::Line(Unread::Engine(_)) => "translation_failed",
        };
        let refused = Refused::new(code, error.to_string());
        match error {
            NotRead::Busy => refused.hint("try again in a moment"),
            _ => refused,
        }
    }
}

#[cfg(test)]
mod tests {
    use translate::Language;

    use super::*;

    #[test]
    fn a_listed_word_is_not_let_in_by_its_translation() {
        let words = Words::new(vec!["bugger".into(), "porra".into()]);
        let shown = |line: &str, text: &str| {
            let rendered = Rendered {
                from: Language("pt".into()),
                text: text.into(),
                kept: false,
            };
            shown(7, line, rendered, &words)
        };
        assert!(shown("que bom", "how good").is_ok());
        for (line, text) in [("que droga", "BUGGER it"), ("p0rra", "damn")] {
            let refused = shown(line, text).expect_err("a listed word");
            let ServerMessage::Refused { code, request, .. } = refused.message(Some(7)) else {
                panic!("a refusal is told as one");
            };
            assert_eq!(
                (code.as_str(), request),
                ("blocked_words", Some(7)),
                "{line}"
            );
        }
    }
}
