//! `If-Match` (RFC 9110 §13.1.1) as PATCH of a session needs it: missing is 428 (RFC 6585 §3), a
//! tag that is not the session's 412. `*` matches every session that exists.

use axum::http::{HeaderMap, StatusCode, header};

use super::error::Problem;

/// Checks that the request is meant for the ICE session of this entity tag.
///
/// # Errors
/// 428 without `If-Match`, 412 when no tag in it is the session's.
pub fn require_match(headers: &HeaderMap, etag: &str) -> Result<(), Problem> {
    let values = headers.get_all(header::IF_MATCH);
    if values.iter().next().is_none() {
        return Err(Problem::new(
            StatusCode::PRECONDITION_REQUIRED,
            "if_match_missing",
            "PATCH needs If-Match with the session's entity tag, or `*` for an ICE restart",
        ));
    }
    let given = values.iter().filter_map(|value| value.to_str().ok());
    if given.flat_map(tags).any(|tag| is_any(tag) || tag == etag) {
        return Ok(());
    }
    Err(Problem::new(
        StatusCode::PRECONDITION_FAILED,
        "etag_stale",
        "the entity tag is not the session's",
    )
    .hint("use the ETag of the last answer that had one"))
}

/// `"*"` is how the examples of RFC 9725 and of the WHEP draft write it, and clients copy them.
fn is_any(tag: &str) -> bool {
    matches!(tag, "*" | "\"*\"")
}

/// The members of the list; a comma inside quotes parts nothing.
fn tags(list: &str) -> impl Iterator<Item = &str> {
    let mut in_quotes = false;
    list.split(move |c| {
        in_quotes ^= c == '"';
        c == ',' && !in_quotes
    })
    .map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_strongly() {
        let check = |given: &[&'static str]| {
            let mut headers = HeaderMap::new();
            for value in given {
                headers.append(header::IF_MATCH, value.parse().expect("a header value"));
            }
            match require_match(&headers, "\"a,b-0\"") {
                Ok(()) => 200,
                Err(problem) => problem.status().as_u16(),
            }
        };
        for good in ["*", "\"*\"", "\"a,b-0\"", "\"x\", \"a,b-0\"", " \"a,b-0\" "] {
            assert_eq!(check(&[good]), 200, "{good}");
        }
        assert_eq!(check(&["\"x\"", "\"a,b-0\""]), 200, "two header lines");
        for bad in ["\"x\"", "W/\"a,b-0\"", "a,b-0", "", "\"a,b-1\""] {
            assert_eq!(check(&[bad]), 412, "{bad}");
        }
        assert_eq!(check(&[]), 428);
    }
}
