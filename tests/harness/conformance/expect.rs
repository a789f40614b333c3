//! Judges an answer by one expectation; the error says what was found.

use std::collections::BTreeSet;

use reqwest::Url;

use super::sdp::Credentials;
use super::session::{Answer, Session};
use super::table::Expect;

/// Shortest last path segment that counts as unguessable: 96 bits in base64url.
const SECRET_LEN_MIN: usize = 16;

pub(super) fn check(expect: &Expect, answer: &Answer, session: &Session<'_>) -> Result<(), String> {
    let status = answer.status;
    let got = |is_good: bool| {
        if is_good {
            Ok(())
        } else {
            Err(format!("answered {status}"))
        }
    };
    match expect {
        Expect::Status(wanted) => got(status == *wanted),
        Expect::OneOf(wanted) => got(wanted.contains(&status)),
        Expect::Class(class) => got(status / 100 == *class),
        Expect::Refused => got((400..500).contains(&status)),
        Expect::Has(name) => present(answer, name).map(drop),
        Expect::Lacks(name) => match answer.header(name) {
            Some(value) => Err(format!("`{name}: {value}`")),
            None => Ok(()),
        },
        Expect::Lists(name, wanted) => lists(&present(answer, name)?, name, wanted),
        Expect::Contains(name, wanted) => {
            let value = present(answer, name)?;
            let found = value
                .to_ascii_lowercase()
                .contains(&wanted.to_ascii_lowercase());
            if found {
                Ok(())
            } else {
                Err(format!("`{name}: {value}` without `{wanted}`"))
            }
        }
        Expect::MediaType(wanted) => match answer.media_type() {
            found if found == *wanted => Ok(()),
            found => Err(format!("media type `{found}`, not `{wanted}`")),
        },
        Expect::Empty if answer.body.is_empty() => Ok(()),
        Expect::Empty => Err(format!("a body of {} bytes", answer.body.len())),
        Expect::StrongTag => strong_tag(answer).map(drop),
        Expect::NewTag => {
            let tag = strong_tag(answer)?;
            if session.tag.as_ref() == Some(&tag) {
                Err("the old entity tag".into())
            } else {
                Ok(())
            }
        }
        Expect::Unguessable => unguessable(answer, session),
        Expect::IceLinks => ice_links(answer),
        Expect::ValidUntil => valid_until(answer),
        Expect::Fragment => fragment(answer, session),
        Expect::EachMedia(_)
        | Expect::WholeBundle
        | Expect::OneStream
        | Expect::Candidates
        | Expect::SetupDecided => in_sdp(expect, &answer.body, &session.offer),
    }
}

fn present(answer: &Answer, name: &str) -> Result<String, String> {
    answer.header(name).ok_or_else(|| format!("no `{name}`"))
}

fn lists(value: &str, name: &str, wanted: &[&str]) -> Result<(), String> {
    let members: Vec<_> = value
        .split(',')
        .map(|member| member.trim().to_ascii_lowercase())
        .collect();
    let has = |wanted: &str| {
        members
            .iter()
            .any(|member| *member == wanted || member == "*")
    };
    match wanted
        .iter()
        .find(|wanted| !has(&wanted.to_ascii_lowercase()))
    {
        Some(missing) => Err(format!("`{name}: {value}` without `{missing}`")),
        None => Ok(()),
    }
}

/// RFC 9110 §8.8.3.
fn strong_tag(answer: &Answer) -> Result<String, String> {
    let tag = present(answer, "etag")?;
    let inner = tag.strip_prefix('"').and_then(|tag| tag.strip_suffix('"'));
    match inner {
        Some(inner) if !inner.is_empty() && !inner.contains('"') && inner != "*" => Ok(tag),
        _ => Err(format!("`{tag}` is no strong entity tag")),
    }
}

fn unguessable(answer: &Answer, session: &Session<'_>) -> Result<(), String> {
    let location = present(answer, "location")?;
    let url = answer
        .url
        .join(&location)
        .map_err(|error| error.to_string())?;
    if session.opened().contains(&url) {
        return Err("the same URL twice".into());
    }
    let secret = |url: &Url| {
        url.path_segments()
            .and_then(|mut parts| parts.next_back().map(str::len))
    };
    match secret(&url) {
        Some(len) if len >= SECRET_LEN_MIN => Ok(()),
        _ => Err(format!("`{location}` can be guessed")),
    }
}

/// RFC 9725 §4.6.
fn ice_links(answer: &Answer) -> Result<(), String> {
    let links = answer.headers.get_all("link").iter();
    for link in links.filter_map(|value| value.to_str().ok()) {
        if !link.contains("rel=\"ice-server\"") && !link.contains("rel=ice-server") {
            continue;
        }
        let url = link
            .trim_start()
            .trim_start_matches('<')
            .split('>')
            .next()
            .unwrap_or_default();
        let scheme = url.split(':').next().unwrap_or_default();
        let has_credentials = link.contains("username=") && link.contains("credential=");
        match scheme {
            "stun" | "stuns" => {}
            "turn" | "turns" if has_credentials => {}
            _ => return Err(format!("`{url}` as ice-server")),
        }
        if url.contains('%') {
            return Err(format!("`{url}` is percent-encoded"));
        }
    }
    Ok(())
}

fn valid_until(answer: &Answer) -> Result<(), String> {
    let value = present(answer, "content-type")?;
    let Some((_, date)) = value.split_once("valid-until=") else {
        return Ok(());
    };
    let date = date.trim_matches('"');
    let parts: Vec<_> = date.split(' ').collect();
    let is_date = matches!(parts[..], [weekday, _, _, _, time, "GMT"]
        if weekday.ends_with(',') && time.len() == 8);
    if is_date {
        Ok(())
    } else {
        Err(format!("`{date}` is no HTTP-date"))
    }
}

/// RFC 9725 §4.3.3: new credentials, everything else about ICE as in the answer.
fn fragment(answer: &Answer, session: &Session<'_>) -> Result<(), String> {
    let created = session.created.as_ref().map_or("", |created| &created.body);
    let new = Credentials::of(&answer.body).ok_or("no credentials in the fragment")?;
    if Credentials::of(created) == Some(new) {
        return Err("the credentials are the old ones".into());
    }
    if let Some(line) = answer
        .body
        .lines()
        .find(|line| !line.starts_with("a=") && !line.starts_with("m="))
    {
        return Err(format!("`{line}` in a fragment"));
    }
    let is_lite = |text: &str| text.lines().any(|line| line.trim_end() == "a=ice-lite");
    if is_lite(created) != is_lite(&answer.body) {
        return Err("ice-lite is not as in the answer".into());
    }
    let options = |text: &str| {
        let mut lines = text
            .lines()
            .filter_map(|line| line.strip_prefix("a=ice-options:"));
        lines.next().map(|line| line.trim().to_owned())
    };
    if options(created) != options(&answer.body) {
        return Err("ice-options are not as in the answer".into());
    }
    Ok(())
}

/// The m-sections of an SDP.
fn sections(sdp: &str) -> Vec<Vec<&str>> {
    let mut sections: Vec<Vec<&str>> = Vec::new();
    for line in sdp.lines().map(str::trim_end) {
        if line.starts_with("m=") {
            sections.push(Vec::new());
        }
        if let Some(section) = sections.last_mut() {
            section.push(line);
        }
    }
    sections
}

fn in_sdp(expect: &Expect, sdp: &str, offer: &str) -> Result<(), String> {
    let media = sections(sdp);
    if media.is_empty() {
        return Err("no m-line in it".into());
    }
    let each = |what: &str, is_good: &dyn Fn(&[&str]) -> bool| match media
        .iter()
        .find(|section| !is_good(section))
    {
        Some(section) => Err(format!("`{}`: {what}", section[0])),
        None => Ok(()),
    };
    match expect {
        Expect::EachMedia(line) => each(&format!("no `{line}`"), &|section| section.contains(line)),
        Expect::Candidates => {
            let has = sdp.lines().any(|line| line.starts_with("a=candidate:"));
            if has {
                Ok(())
            } else {
                Err("no candidate in it".into())
            }
        }
        Expect::SetupDecided => each("setup is left open", &|section| {
            let decided = |line: &&str| matches!(*line, "a=setup:active" | "a=setup:passive");
            section.iter().any(decided) || sdp.lines().any(|line| decided(&line))
        }),
        Expect::OneStream => {
            let streams = sdp.lines().filter_map(|line| line.strip_prefix("a=msid:"));
            let streams: BTreeSet<_> = streams.filter_map(|id| id.split(' ').next()).collect();
            if streams.len() <= 1 {
                Ok(())
            } else {
                Err(format!("several streams: {streams:?}"))
            }
        }
        _ => {
            let offered = sections(offer);
            if !offered.is_empty() && media.len() != offered.len() {
                return Err(format!("{} m-lines, not {}", media.len(), offered.len()));
            }
            let bundle = sdp
                .lines()
                .find_map(|line| line.strip_prefix("a=group:BUNDLE"));
            let bundle: Vec<_> = bundle.unwrap_or_default().split_whitespace().collect();
            each("not in the bundle, or rejected", &|section| {
                let mid = section.iter().find_map(|line| line.strip_prefix("a=mid:"));
                let is_rejected = section[0].split(' ').nth(1) == Some("0")
                    && !section.contains(&"a=bundle-only");
                mid.is_some_and(|mid| bundle.contains(&mid)) && !is_rejected
            })
        }
    }
}
