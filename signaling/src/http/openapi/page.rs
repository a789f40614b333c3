//! The description as a page for people: plain HTML, no script, nothing fetched from anywhere.

use std::fmt::Write as _;

use serde_json::{Map, Value};

const HEAD: &str = "<!doctype html><html lang=en><meta charset=utf-8>\
    <meta name=viewport content=\"width=device-width\"><title>Vitrine API</title><style>\
    body{font:16px/1.6 system-ui;max-width:60rem;margin:3rem auto;padding:0 1rem;\
    background:#0c0b0a;color:#f4efe6}a{color:#e8c27a}code{font-size:.9em;color:#e8c27a}\
    summary{cursor:pointer;padding:.4rem 0}summary b{display:inline-block;min-width:4.5rem}\
    details{border-bottom:1px solid #35302a}table{border-collapse:collapse;margin:.5rem 0 1rem}\
    td,th{padding:.2rem 1rem .2rem 0;text-align:left;vertical-align:top}th{opacity:.7}\
    </style>";

/// The whole page.
pub(super) fn render(document: &Value) -> String {
    let mut page = String::from(HEAD);
    let info = &document["info"];
    let title = text(&info["title"]);
    let version = text(&info["version"]);
    let about = text(&info["description"]);
    put(
        &mut page,
        &format!("<h1>{title} API <small>{version}</small></h1><p>{about}</p>"),
    );
    put(
        &mut page,
        "<p>For programs: <a href=\"v1/openapi.json\">openapi.json</a> (OpenAPI 3.1).</p>",
    );
    for tag in tags(document) {
        put(&mut page, &format!("<h2>{}</h2>", escape(&tag)));
        for (path, method, operation) in operations(document) {
            if operation["tags"][0] == tag.as_str() {
                write_operation(&mut page, path, method, operation);
            }
        }
    }
    put(&mut page, "<h2>Types</h2>");
    for (name, schema) in members(&document["components"]["schemas"]) {
        write_type(&mut page, name, schema);
    }
    page + "</html>"
}

fn tags(document: &Value) -> Vec<String> {
    let mut tags: Vec<String> = Vec::new();
    for (_, _, operation) in operations(document) {
        let tag = operation["tags"][0].as_str().unwrap_or("other").to_owned();
        if !tags.contains(&tag) {
            tags.push(tag);
        }
    }
    tags
}

fn operations(document: &Value) -> impl Iterator<Item = (&String, &String, &Value)> {
    members(&document["paths"]).flat_map(|(path, item)| {
        members(item).map(move |(method, operation)| (path, method, operation))
    })
}

fn write_operation(page: &mut String, path: &str, method: &str, operation: &Value) {
    let name = method.to_uppercase();
    let summary = text(&operation["summary"]);
    put(
        page,
        &format!(
            "<details><summary><b>{name}</b> <code>{}</code> {summary}</summary>",
            escape(path)
        ),
    );
    put(page, &format!("<p>{}</p>", text(&operation["description"])));
    let token = match operation["security"].as_array() {
        Some(ways) if ways.iter().any(|way| way == &Value::Object(Map::new())) => {
            "A token is optional."
        }
        Some(_) => "Needs a token.",
        None => "",
    };
    put(page, &format!("<p>{token}</p><table>"));
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let cells = [
            format!("<code>{}</code>", text(&parameter["name"])),
            text(&parameter["in"]),
            kind(&parameter["schema"]),
            text(&parameter["description"]),
        ];
        row(page, &cells);
    }
    for (media, content) in members(&operation["requestBody"]["content"]) {
        row(
            page,
            &[
                "body".into(),
                escape(media),
                kind(&content["schema"]),
                String::new(),
            ],
        );
    }
    for (status, response) in members(&operation["responses"]) {
        let mut shapes = members(&response["content"]).map(|(_, content)| kind(&content["schema"]));
        let shape = shapes.next().unwrap_or_default();
        row(
            page,
            &[
                "answer".into(),
                escape(status),
                shape,
                text(&response["description"]),
            ],
        );
    }
    put(page, "</table></details>");
}

fn write_type(page: &mut String, name: &str, schema: &Value) {
    let name = escape(name);
    let about = text(&schema["description"]);
    put(
        page,
        &format!("<details id=\"{name}\" open><summary><b>{name}</b> {about}</summary><table>"),
    );
    let parts = schema["allOf"].as_array().into_iter().flatten();
    for part in std::iter::once(schema).chain(parts) {
        if part["$ref"].is_string() {
            row(
                page,
                &["all of".into(), kind(part), String::new(), String::new()],
            );
        }
        for (field, of) in members(&part["properties"]) {
            let cells = [
                format!("<code>{}</code>", escape(field)),
                kind(of),
                String::new(),
                text(&of["description"]),
            ];
            row(page, &cells);
        }
    }
    if schema["enum"].is_array() {
        row(
            page,
            &[kind(schema), String::new(), String::new(), String::new()],
        );
    }
    put(page, "</table></details>");
}

/// A schema in a few words, types of ours linked.
fn kind(schema: &Value) -> String {
    if let Some(name) = schema["$ref"]
        .as_str()
        .and_then(|path| path.rsplit('/').next())
    {
        let name = escape(name);
        return format!("<a href=\"#{name}\">{name}</a>");
    }
    for several in ["oneOf", "anyOf", "allOf"] {
        if let Some(ways) = schema[several].as_array() {
            return ways.iter().map(kind).collect::<Vec<_>>().join(" or ");
        }
    }
    if let Some(values) = schema["enum"].as_array() {
        let values = values
            .iter()
            .map(|value| format!("<code>{}</code>", text(value)));
        return values.collect::<Vec<_>>().join(", ");
    }
    match &schema["type"] {
        Value::String(name) if name == "array" => format!("list of {}", kind(&schema["items"])),
        Value::String(name) => escape(name),
        Value::Array(names) => names.iter().map(text).collect::<Vec<_>>().join(" or "),
        _ => String::new(),
    }
}

fn row(page: &mut String, cells: &[String; 4]) {
    put(page, "<tr>");
    for cell in cells {
        write!(page, "<td>{cell}").expect("a String takes every write");
    }
}

fn put(page: &mut String, html: &str) {
    page.push_str(html);
    page.push('\n');
}

fn members(object: &Value) -> impl Iterator<Item = (&String, &Value)> {
    object.as_object().into_iter().flatten()
}

/// A string of the description: escaped, and what is in backticks as code.
fn text(value: &Value) -> String {
    let escaped = escape(value.as_str().unwrap_or_default());
    let mut parts = escaped.split('`');
    let mut html = parts.next().unwrap_or_default().to_owned();
    let mut is_code = true;
    for part in parts {
        html += if is_code { "<code>" } else { "</code>" };
        html += part;
        is_code = !is_code;
    }
    if is_code { html } else { html + "</code>" }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}
