//! The description of the REST API (OpenAPI 3.1): collected from the handlers that serve it and
//! from the types they read and write, so that it cannot say anything else. What holds for every
//! route with a token, a body or a refusal is added here once.

mod page;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::extract::Extension;
use axum::http::{HeaderValue, header};
use axum::response::{Html, IntoResponse, Response};
use axum::{Json, Router};
use serde_json::{Value, json};
use utoipa::OpenApi;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa_axum::router::OpenApiRouter;

use crate::protocol::API;
use crate::protocol::api::ProblemView;

/// Name of the bearer token in the description.
const TOKEN: &str = "token";

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Vitrine",
        description = "Shows, catalogue and orders of a Vitrine server. Errors are RFC 9457 \
            problem details with a stable `code`. A token is a JWT for one participant of one \
            show; `vitrine token` prints one, a visit gives one."
    ),
    components(schemas(ProblemView))
)]
struct Frame;

/// The finished description, as it is served.
#[derive(Debug)]
pub struct Description {
    json: Value,
    page: String,
}

impl Description {
    /// The document.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.json
    }
}

/// The API's routes, below [`API`], and with them the routes that describe it.
pub fn describe<S>(routes: OpenApiRouter<S>) -> (Router<S>, Arc<Description>)
where
    S: Clone + Send + Sync + 'static,
{
    let mut frame = Frame::openapi();
    let scheme = HttpBuilder::new()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("JWT");
    let components = frame.components.get_or_insert_default();
    components.add_security_scheme(TOKEN, SecurityScheme::Http(scheme.build()));
    let routes = routes
        .routes(utoipa_axum::routes!(document))
        .routes(utoipa_axum::routes!(page));
    let (router, openapi) = OpenApiRouter::with_openapi(frame)
        .nest(API, routes)
        .split_for_parts();
    let mut json = serde_json::to_value(openapi).expect("a description is plain data");
    complete(&mut json);
    let page = page::render(&json);
    let description = Arc::new(Description { json, page });
    (
        router.layer(Extension(Arc::clone(&description))),
        description,
    )
}

/// This API as OpenAPI 3.1.
#[utoipa::path(get, path = "/openapi.json", tag = "server",
    responses((status = 200, description = "the description", body = Value)))]
async fn document(Extension(description): Extension<Arc<Description>>) -> Json<Value> {
    Json(description.json.clone())
}

/// This API as a page for people.
#[utoipa::path(get, path = "/", tag = "server",
    responses((status = 200, description = "the page", body = String, content_type = "text/html")))]
async fn page(Extension(description): Extension<Arc<Description>>) -> Response {
    let mut response = Html(description.page.clone()).into_response();
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'"),
    );
    response
}

/// Adds to every operation what its extractors and the router answer by themselves.
fn complete(document: &mut Value) {
    let paths = document["paths"].as_object_mut();
    for (path, item) in paths.expect("a description has paths") {
        let item = item.as_object_mut().expect("a path has operations");
        for (method, operation) in item {
            for (status, why) in common(path, method, operation) {
                let known = &mut operation["responses"][status];
                match known["description"].as_str() {
                    Some(own) => known["description"] = format!("{why}, {own}").into(),
                    None => *known = json!({ "description": why }),
                }
            }
            let responses = operation["responses"].as_object_mut();
            for (status, response) in responses.expect("an operation has responses") {
                if status.as_str() >= "400" {
                    refusal(status, response);
                }
            }
        }
    }
}

/// Refusals that come with a path, a token, a body, or writing.
fn common(path: &str, method: &str, operation: &Value) -> Vec<(&'static str, &'static str)> {
    let mut refusals = Vec::new();
    let is_json = operation["requestBody"]["content"]["application/json"].is_object();
    let has_body = operation["requestBody"].is_object();
    let has_token = operation["security"].is_array();
    let parameters = operation["parameters"].as_array();
    let has_query = parameters.is_some_and(|all| all.iter().any(|one| one["in"] == "query"));
    if has_query {
        refusals.push(("400", "`bad_query`"));
    }
    if is_json {
        refusals.push(("400", "`malformed_json`, `body_broken`"));
    }
    if has_token {
        refusals.push(("400", "`token_malformed`"));
        refusals.push(("401", "`token_missing`, `token_invalid`, `token_expired`"));
        refusals.push(("403", "`wrong_show`"));
    }
    if path.contains('{') {
        refusals.push(("404", "`not_found`"));
    }
    if has_body {
        refusals.push(("413", "`body_too_large`"));
        refusals.push(("415", "`unsupported_media_type`"));
    }
    if is_json {
        refusals.push(("422", "`invalid_body`"));
    }
    if method != "get" {
        refusals.push(("429", "`too_many_requests`"));
    }
    refusals
}

fn refusal(status: &str, response: &mut Value) {
    response["content"] = json!({ "application/problem+json": {
        "schema": { "$ref": "#/components/schemas/ProblemView" } } });
    let header = match status {
        "401" => ("WWW-Authenticate", "the challenge of RFC 6750"),
        "429" | "503" => ("Retry-After", "seconds"),
        _ => return,
    };
    response["headers"][header.0] =
        json!({ "description": header.1, "schema": { "type": "string" } });
}
