//! Errors as RFC 9457 problem details. A caller's mistake is answered precisely; our own is
//! logged and answered without its inside.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::Value;

use crate::auth::AuthError;
use crate::protocol::api::ProblemView;

/// A problem on its way to the caller.
#[derive(Debug, Clone)]
pub struct Problem(Box<Details>);

#[derive(Debug, Clone)]
struct Details {
    status: StatusCode,
    code: &'static str,
    detail: String,
    hint: Option<String>,
    members: BTreeMap<String, Value>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem with a stable `code` (also the last part of its `type`) and a sentence.
    #[must_use]
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Problem {
        Problem(Box::new(Details {
            status,
            code,
            detail: detail.into(),
            hint: None,
            members: BTreeMap::new(),
            headers: Vec::new(),
        }))
    }

    /// What the caller can do next.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Problem {
        self.0.hint = Some(hint.into());
        self
    }

    /// An extension member, e.g. the fresh quote of a stale one.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl serde::Serialize) -> Problem {
        let value = serde_json::to_value(value).expect("problem members are plain data");
        self.0.members.insert(name.to_owned(), value);
        self
    }

    /// A header, e.g. `Retry-After`.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Problem {
        self.0.headers.push((name, value));
        self
    }

    /// 404.
    #[must_use]
    pub fn not_found(detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// 403 with a code of its own.
    #[must_use]
    pub fn forbidden(code: &'static str, detail: impl Into<String>) -> Problem {
        Problem::new(StatusCode::FORBIDDEN, code, detail)
    }

    /// 403: the token is good, but not for this (RFC 6750 §3.1).
    #[must_use]
    pub fn insufficient(code: &'static str, detail: impl Into<String>) -> Problem {
        Problem::forbidden(code, detail)
            .challenge("Bearer realm=\"vitrine\", error=\"insufficient_scope\"")
    }

    fn challenge(self, challenge: &'static str) -> Problem {
        self.header(
            header::WWW_AUTHENTICATE,
            HeaderValue::from_static(challenge),
        )
    }

    /// 503 with `Retry-After`.
    #[must_use]
    pub fn unavailable(code: &'static str, detail: impl Into<String>, retry_s: u32) -> Problem {
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, detail)
            .header(header::RETRY_AFTER, retry_s.into())
    }

    /// 500: logged here with its cause, which the caller does not see.
    #[must_use]
    pub fn internal(cause: &dyn std::fmt::Display) -> Problem {
        tracing::error!(%cause, "request failed");
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something went wrong here; it is in the server's log",
        )
    }

    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.0.status
    }

    /// The code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }
}

impl From<PathRejection> for Problem {
    /// What cannot be read as the path's parts names nothing.
    fn from(rejection: PathRejection) -> Problem {
        Problem::not_found(rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Problem {
        Problem::new(StatusCode::BAD_REQUEST, "bad_query", rejection.body_text())
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Problem {
        const BARE: &str = "Bearer realm=\"vitrine\"";
        const INVALID: &str = "Bearer realm=\"vitrine\", error=\"invalid_token\"";
        const MALFORMED: &str = "Bearer realm=\"vitrine\", error=\"invalid_request\"";
        let (status, code, challenge) = match error {
            // RFC 6750 §3.1: no error code for a client that did not know.
            AuthError::Missing => (StatusCode::UNAUTHORIZED, "token_missing", BARE),
            AuthError::Malformed => (StatusCode::BAD_REQUEST, "token_malformed", MALFORMED),
            AuthError::Invalid => (StatusCode::UNAUTHORIZED, "token_invalid", INVALID),
            AuthError::Expired => (StatusCode::UNAUTHORIZED, "token_expired", INVALID),
            AuthError::Ticket => (StatusCode::UNAUTHORIZED, "invalid_ticket", BARE),
        };
        Problem::new(status, code, error.to_string()).challenge(challenge)
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let Details {
            status,
            code,
            detail,
            hint,
            members,
            headers,
        } = *self.0;
        let body = ProblemView {
            kind: format!("urn:vitrine:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Error").to_owned(),
            status: status.as_u16(),
            detail,
            code: code.to_owned(),
            hint,
            members,
        };
        let mut response = (status, Json(body)).into_response();
        let out = response.headers_mut();
        out.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        out.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        out.extend(headers);
        response
    }
}
