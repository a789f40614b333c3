//! `/livez`: the process answers.

/// The process runs; nothing else is asked, so that a lost neighbour never gets it killed.
pub async fn livez() -> &'static str {
    "ok\n"
}
