//! Whether a server keeps to WHIP (RFC 9725) or WHEP (draft-ietf-wish-whep-03): a table of
//! requests with the answers that the text asks for, for any server by its endpoint's URL. The
//! client here is reqwest and templates: it opens no media connection.
//!
//! Reading order: `table` (what a rule is), `rules`, `whip`, `whep` (the rules), `session` (how a
//! request is made), `expect` (how an answer is judged), `sdp` (offers and fragments).

mod expect;
mod rules;
mod sdp;
mod session;
mod table;
mod whep;
mod whip;

use anyhow::Result;
use reqwest::Client;
use serde::Serialize;

use session::Session;
use table::{Level, Rule};

/// What a server speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// RFC 9725.
    Whip,
    /// draft-ietf-wish-whep-03.
    Whep,
}

/// Whom to ask.
#[derive(Debug, Clone)]
pub struct Target {
    /// What it speaks.
    pub protocol: Protocol,
    /// The endpoint's URL.
    pub endpoint: String,
    /// Bearer token; without one, rules about tokens are passed over.
    pub token: Option<String>,
}

/// How a rule went.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "result", content = "why")]
pub enum Verdict {
    /// Kept.
    Kept,
    /// Broken, and how.
    Broken(String),
    /// The server does without this option, or there was no token to try it with.
    PassedOver(String),
}

/// One rule and how it went.
#[derive(Debug, Clone, Serialize)]
pub struct Outcome {
    /// Where the rule is written.
    pub section: &'static str,
    /// Whether it is a MUST; the others are advice.
    pub is_must: bool,
    /// The rule.
    pub rule: &'static str,
    /// How it went.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl Outcome {
    /// Whether a MUST was broken.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        self.is_must && matches!(self.verdict, Verdict::Broken(_))
    }

    /// As one line.
    #[must_use]
    pub fn line(&self) -> String {
        let (mark, why) = match (&self.verdict, self.is_must) {
            (Verdict::Kept, _) => ("ok  ", String::new()),
            (Verdict::Broken(why), true) => ("FAIL", format!(": {why}")),
            (Verdict::Broken(why), false) => ("warn", format!(": {why}")),
            (Verdict::PassedOver(why), _) => ("-   ", format!(" ({why})")),
        };
        format!("{mark} {:<18} {}{why}", self.section, self.rule)
    }
}

/// Asks a server rule by rule; every rule begins with nothing and leaves nothing behind.
///
/// # Errors
/// When the server cannot be reached at all.
pub async fn run(target: &Target) -> Result<Vec<Outcome>> {
    let http = Client::builder()
        .timeout(std::time::Duration::from_secs(15))
        .redirect(reqwest::redirect::Policy::none())
        .build()?;
    let own = match target.protocol {
        Protocol::Whip => whip::RULES,
        Protocol::Whep => whep::RULES,
    };
    let mut outcomes = Vec::new();
    for rule in rules::RULES.iter().chain(own) {
        let mut session = Session::new(&http, target);
        let verdict = judge(rule, &mut session).await;
        session.clean_up().await;
        outcomes.push(Outcome {
            section: match target.protocol {
                Protocol::Whip => rule.at.0,
                Protocol::Whep => rule.at.1,
            },
            is_must: rule.level == Level::Must,
            rule: rule.text,
            verdict: verdict?,
        });
    }
    Ok(outcomes)
}

async fn judge(rule: &Rule, session: &mut Session<'_>) -> Result<Verdict> {
    if rule.needs_token && !session.has_token() {
        return Ok(Verdict::PassedOver("needs a token".into()));
    }
    for step in rule.steps {
        let Some(answer) = session.perform(&step.ask).await? else {
            return Ok(Verdict::PassedOver("not offered".into()));
        };
        for expectation in step.expect {
            if let Err(why) = expect::check(expectation, &answer, session) {
                return Ok(if rule.without.contains(&answer.status) {
                    Verdict::PassedOver(format!("answered {}", answer.status))
                } else {
                    Verdict::Broken(format!("{}: {why}", answer.request))
                });
            }
        }
        session.remember(&answer);
    }
    Ok(Verdict::Kept)
}
