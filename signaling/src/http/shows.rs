//! Shows over HTTP.

/// Whether a text can name a show: `[a-z0-9-]`, 1 to 64 characters.
#[must_use]
pub fn is_show_name(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
