//! Who may do what: a token becomes a [`Grant`], or nothing. HS256 only, `exp` required, default
//! deny (RFC 8725). One-time tickets stand in for tokens where a URL or a log could keep them.

pub mod key;
pub mod ticket;

use std::path::Path;
use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

pub use key::{KeyError, SecretKey};
pub use ticket::Tickets;

use crate::limits::{TOKEN_BYTES_MAX, TOKEN_LEEWAY_S, TOKEN_TTL_S_MAX};
use crate::protocol::client::Role;
use crate::shop::store::DEFAULT_MERCHANT;

const ISSUER: &str = "vitrine";

/// What a token allows: one person, one show, one role, until `exp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Participant id; stable over reconnects with this token.
    pub participant: String,
    /// Display name, when the token names one.
    pub name: Option<String>,
    /// The show.
    pub show: String,
    /// What may be done there.
    pub role: Role,
    /// Merchant its holder acts for.
    pub merchant: String,
    /// End of validity, Unix seconds.
    pub exp: u64,
}

impl Grant {
    /// A grant for a new participant.
    #[must_use]
    pub fn new(show: &str, role: Role, name: Option<String>, now_ms: u64, ttl_s: u64) -> Grant {
        Grant {
            participant: random_id(),
            name,
            show: show.to_owned(),
            role,
            merchant: DEFAULT_MERCHANT.to_owned(),
            exp: now_ms / 1_000 + ttl_s.min(TOKEN_TTL_S_MAX),
        }
    }

    /// The same for a holder who acts for this merchant.
    #[must_use]
    pub fn of_merchant(self, merchant: &str) -> Grant {
        Grant {
            merchant: merchant.to_owned(),
            ..self
        }
    }

    /// Whether it is for this show.
    #[must_use]
    pub fn is_for(&self, show: &str) -> bool {
        self.show == show
    }

    /// Whether it lets its holder run this show.
    #[must_use]
    pub fn is_host_of(&self, show: &str) -> bool {
        self.is_for(show) && self.role == Role::Host
    }
}

/// Why a token was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuthError {
    /// No token where one is needed.
    #[error("a bearer token is needed")]
    Missing,
    /// The `Authorization` header has no token in it, or is there twice.
    #[error("`Authorization` must be `Bearer` and one token")]
    Malformed,
    /// Not one of ours: damaged, signed with another key or algorithm, or a claim is missing.
    #[error("the token is not valid")]
    Invalid,
    /// It was ours, and is over.
    #[error("the token has expired")]
    Expired,
    /// The ticket is unknown, used, or older than half a minute.
    #[error("the ticket is unknown, used or expired")]
    Ticket,
}

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    show: String,
    role: Role,
    #[serde(default = "default_merchant")]
    merchant: String,
    exp: u64,
    iat: u64,
    jti: String,
}

/// Of tokens that name none.
fn default_merchant() -> String {
    DEFAULT_MERCHANT.to_owned()
}

/// Signs and checks tokens, and keeps the one-time tickets. Cheap to clone.
#[derive(Clone)]
pub struct Auth {
    keys: Arc<Keys>,
    tickets: Tickets,
}

struct Keys {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl Auth {
    /// Reads the key in the data directory, making it on the first run.
    ///
    /// # Errors
    /// When the key cannot be read or written, or is readable by others.
    pub fn open(data: &Path) -> Result<Auth, KeyError> {
        Ok(Auth::with_key(&SecretKey::open(data)?))
    }

    /// With a key at hand.
    #[must_use]
    pub fn with_key(key: &SecretKey) -> Auth {
        let keys = Keys {
            encoding: EncodingKey::from_secret(key.bytes()),
            decoding: DecodingKey::from_secret(key.bytes()),
        };
        Auth {
            keys: Arc::new(keys),
            tickets: Tickets::default(),
        }
    }

    /// A token for a grant.
    #[must_use]
    pub fn token(&self, grant: &Grant, now_ms: u64) -> String {
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: grant.participant.clone(),
            name: grant.name.clone(),
            show: grant.show.clone(),
            role: grant.role,
            merchant: grant.merchant.clone(),
            exp: grant.exp,
            iat: now_ms / 1_000,
            jti: random_id(),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.keys.encoding)
            .expect("HMAC signs any bytes, and the claims are plain strings and numbers")
    }

    /// Checks a token.
    ///
    /// # Errors
    /// [`AuthError::Expired`] after `exp` plus a minute, [`AuthError::Invalid`] otherwise.
    pub fn verify(&self, token: &str, now_ms: u64) -> Result<Grant, AuthError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(AuthError::Invalid);
        }
        // The time is an input here, so `exp` is compared below and only required there.
        let mut rules = Validation::new(Algorithm::HS256);
        rules.validate_exp = false;
        rules.validate_aud = false;
        rules.set_issuer(&[ISSUER]);
        rules.set_required_spec_claims(&["exp", "iss", "sub"]);
        let claims = jsonwebtoken::decode::<Claims>(token, &self.keys.decoding, &rules)
            .map_err(|_| AuthError::Invalid)?
            .claims;
        let now_s = now_ms / 1_000;
        if now_s > claims.exp.saturating_add(TOKEN_LEEWAY_S) {
            return Err(AuthError::Expired);
        }
        if claims.exp > now_s + TOKEN_TTL_S_MAX + TOKEN_LEEWAY_S || claims.sub.is_empty() {
            return Err(AuthError::Invalid);
        }
        Ok(Grant {
            participant: claims.sub,
            name: claims.name,
            show: claims.show,
            role: claims.role,
            merchant: claims.merchant,
            exp: claims.exp,
        })
    }

    /// The one-time tickets.
    #[must_use]
    pub fn tickets(&self) -> &Tickets {
        &self.tickets
    }
}

/// 128 random bits, URL-safe: nobody guesses it.
#[must_use]
pub fn random_id() -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(rand::random::<[u8; 16]>())
}

#[cfg(test)]
mod tests;
