//! Makes the requests of one rule and remembers what the next one needs.

use anyhow::{Context as _, Result};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, IF_MATCH};
use reqwest::{Client, Method, RequestBuilder, Url};

use super::Target;
use super::sdp::{self, Credentials};
use super::table::{Ask, Auth, Body, Place, Tag};

/// Origin a browser page of another site would name.
const ORIGIN: &str = "https://player.example";

/// An answer.
pub(super) struct Answer {
    /// What was asked, in words.
    pub request: String,
    pub url: Url,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// All values of a header, joined.
    pub(super) fn header(&self, name: &str) -> Option<String> {
        let values = self.headers.get_all(name).iter();
        let values: Vec<_> = values.filter_map(|value| value.to_str().ok()).collect();
        (!values.is_empty()).then(|| values.join(", "))
    }

    /// Media type without parameters.
    pub(super) fn media_type(&self) -> String {
        let value = self.header("content-type").unwrap_or_default();
        let essence = value.split(';').next().unwrap_or_default();
        essence.trim().to_ascii_lowercase()
    }

    /// The resource a `Link` of this relation leads to.
    fn link(&self, relation: &str) -> Option<Url> {
        let links = self.headers.get_all("link").iter();
        let mut links = links.filter_map(|value| value.to_str().ok());
        let link = links.find(|link| link.contains(&format!("rel=\"{relation}\"")))?;
        let target = link.trim_start().strip_prefix('<')?.split('>').next()?;
        self.url.join(target).ok()
    }
}

/// One rule's memory.
pub(super) struct Session<'a> {
    http: &'a Client,
    target: &'a Target,
    /// Ours.
    ice: Credentials,
    /// The offer sent last.
    pub offer: String,
    /// The answer to it.
    pub created: Option<Answer>,
    /// Session URLs, to be deleted in the end.
    opened: Vec<Url>,
    first_tag: Option<String>,
    pub tag: Option<String>,
    followed: Option<Url>,
}

impl<'a> Session<'a> {
    pub(super) fn new(http: &'a Client, target: &'a Target) -> Session<'a> {
        Session {
            http,
            target,
            ice: Credentials::fresh(),
            offer: String::new(),
            created: None,
            opened: Vec::new(),
            first_tag: None,
            tag: None,
            followed: None,
        }
    }

    pub(super) fn has_token(&self) -> bool {
        self.target.token.is_some()
    }

    /// Asks; none when there is nobody to ask for it.
    pub(super) async fn perform(&mut self, ask: &Ask) -> Result<Option<Answer>> {
        let endpoint: Url = self.target.endpoint.parse()?;
        let session = self.opened.last().cloned();
        let request = match *ask {
            Ask::Endpoint(method) => self.request(method, endpoint, Auth::Given)?,
            Ask::Offer(kind, media_type, auth) => {
                self.ice = Credentials::fresh();
                self.offer = sdp::offer(self.target.protocol, kind, &self.ice);
                let request = self.request("POST", endpoint, auth)?;
                request
                    .header(CONTENT_TYPE, media_type)
                    .body(self.offer.clone())
            }
            Ask::Session(method, tag) => {
                let session = session.context("no session was made")?;
                self.tagged(self.request(method, session, Auth::Given)?, tag)
            }
            Ask::Patch(tag, media_type, body) => {
                let session = session.context("no session was made")?;
                if matches!(body, Body::Restart | Body::Answer) {
                    self.ice = Credentials::fresh();
                }
                let offer = self.created.as_ref().map_or("", |answer| &answer.body);
                let body = sdp::body(body, &self.ice, offer);
                let request = self.request("PATCH", session, Auth::Given)?;
                self.tagged(request, tag)
                    .header(CONTENT_TYPE, media_type)
                    .body(body)
            }
            Ask::Preflight(method, ref place) => {
                let url = match place {
                    Place::Endpoint => endpoint,
                    Place::Session => session.context("no session was made")?,
                };
                let request = self.request("OPTIONS", url, Auth::None)?;
                let headers = "authorization,content-type,if-match";
                request
                    .header("access-control-request-method", method)
                    .header("access-control-request-headers", headers)
            }
            Ask::Linked(relation, method, body) => {
                let link = self
                    .created
                    .as_ref()
                    .and_then(|answer| answer.link(relation));
                let Some(link) = link else { return Ok(None) };
                let request = self.request(method, link, Auth::Given)?;
                request.header(CONTENT_TYPE, "application/json").body(body)
            }
            Ask::Followed(method) => {
                let url = self.followed.clone().context("no Location to follow")?;
                self.request(method, url, Auth::Given)?
            }
        };
        self.send(request).await.map(Some)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer> {
        let request = request.header("origin", ORIGIN).build()?;
        let described = format!("{} {}", request.method(), request.url().path());
        let response = self.http.execute(request).await?;
        let (url, status) = (response.url().clone(), response.status().as_u16());
        let headers = response.headers().clone();
        let is_endless = headers
            .get(CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        let body = if is_endless {
            String::new()
        } else {
            response.text().await?
        };
        Ok(Answer {
            request: described,
            url,
            status,
            headers,
            body,
        })
    }

    fn request(&self, method: &str, url: Url, auth: Auth) -> Result<RequestBuilder> {
        let request = self
            .http
            .request(Method::from_bytes(method.as_bytes())?, url);
        let token = self.target.token.as_deref();
        let value = match (auth, token) {
            (Auth::Given, Some(token)) => format!("Bearer {token}"),
            (Auth::LowerCase, Some(token)) => format!("bearer {token}"),
            (Auth::Wrong, _) => "Bearer nobody.made.this".into(),
            (Auth::Bare, _) => "Bearer".into(),
            (Auth::Basic, _) => "Basic bm86Ym9keQ==".into(),
            (Auth::Given | Auth::LowerCase, None) | (Auth::None, _) => return Ok(request),
        };
        Ok(request.header(AUTHORIZATION, value))
    }

    fn tagged(&self, request: RequestBuilder, tag: Tag) -> RequestBuilder {
        let missing = "\"the server gave none\"";
        let current = self.tag.as_deref().unwrap_or(missing);
        let value = match tag {
            Tag::None => return request,
            Tag::Current => current.to_owned(),
            Tag::First => self.first_tag.as_deref().unwrap_or(missing).to_owned(),
            Tag::Unknown => "\"nobody-gave-this\"".into(),
            Tag::Weak => format!("W/{current}"),
            Tag::Any => "*".into(),
            Tag::QuotedAny => "\"*\"".into(),
        };
        request.header(IF_MATCH, value)
    }

    /// Keeps what later steps refer to.
    pub(super) fn remember(&mut self, answer: &Answer) {
        let location = answer.header("location");
        let location = location.and_then(|location| answer.url.join(&location).ok());
        if let Some(tag) = answer.header("etag") {
            self.tag = Some(tag);
        }
        let is_endpoint = self
            .target
            .endpoint
            .parse::<Url>()
            .is_ok_and(|url| url == answer.url);
        if is_endpoint && matches!(answer.status, 201 | 406) {
            self.first_tag.clone_from(&self.tag);
            self.opened.extend(location);
            self.created = Some(Answer {
                request: answer.request.clone(),
                url: answer.url.clone(),
                status: answer.status,
                headers: answer.headers.clone(),
                body: answer.body.clone(),
            });
        } else if location.is_some() {
            self.followed = location;
        }
    }

    /// URLs of the sessions made, oldest first.
    pub(super) fn opened(&self) -> &[Url] {
        &self.opened
    }

    /// Ends what was begun; a session that a rule has ended itself is not there any more.
    pub(super) async fn clean_up(self) {
        for url in self.opened.clone() {
            if let Ok(request) = self.request("DELETE", url, Auth::Given) {
                let _ = self.send(request).await;
            }
        }
    }
}
