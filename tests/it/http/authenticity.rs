//! Certificates and serial numbers through their doors.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use signaling::protocol::client::Role;

use crate::{SHOW, World, check};

const PDF: &[u8] = b"%PDF-1.4\nthe seal\n%%EOF\n";

impl World {
    fn product(&self, method: Method, path: &str) -> RequestBuilder {
        let url = self.url(&format!("/api/v1/products/{path}"));
        self.client.request(method, url)
    }

    fn certify(&self, kind: &str, file: &[u8]) -> RequestBuilder {
        let request = self.product(Method::PUT, "rug/certificate");
        let request = request.bearer_auth(&self.host).header("content-type", kind);
        request.body(file.to_vec())
    }

    fn serials(&self, list: &str) -> RequestBuilder {
        let request = self.product(Method::POST, "rug/serials");
        let request = request.bearer_auth(&self.host);
        request
            .header("content-type", "text/plain")
            .body(list.to_owned())
    }

    fn ask(&self, product: &str, serial: &str) -> RequestBuilder {
        let request = self.product(Method::POST, &format!("{product}/serials/check"));
        request.json(&json!({ "serial": serial }))
    }

    async fn proof(&self) -> anyhow::Result<Value> {
        let request = self.product(Method::GET, "rug/authenticity");
        Ok(request.send().await?.error_for_status()?.json().await?)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_shown_and_saved_not_run() -> anyhow::Result<()> {
    let world = World::open().await?;
    world.import().await?;
    assert_eq!(
        world.proof().await?,
        json!({ "certificate": null, "has_serials": false })
    );

    world
        .certify("application/pdf", PDF)
        .send()
        .await?
        .error_for_status()?;
    let proof = world.proof().await?;
    let url = world.url(proof["certificate"].as_str().unwrap_or_default());
    let answer = world.client.get(url).send().await?.error_for_status()?;
    let header = |name: &str| {
        answer
            .headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
    };
    assert_eq!(header("content-type"), Some("application/pdf"));
    assert!(header("content-disposition").is_some_and(|how| how.starts_with("attachment")));
    assert!(header("content-security-policy").is_some_and(|policy| policy.contains("sandbox")));
    assert_eq!(answer.bytes().await?, PDF);

    let mut picture = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(400, 300).write_to(&mut picture, image::ImageFormat::Png)?;
    let answer = world.certify("image/png", picture.get_ref()).send().await?;
    let proof: Value = answer.error_for_status()?.json().await?;
    let url = proof["certificate"].as_str().unwrap_or_default();
    assert!(url.starts_with("/pictures/"), "{url}");

    let gone = world.product(Method::DELETE, "rug/certificate");
    assert_eq!(gone.bearer_auth(&world.host).send().await?.status(), 204);
    assert_eq!(world.proof().await?["certificate"], Value::Null);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_serial_number_says_how_often_it_was_asked_about() -> anyhow::Result<()> {
    let world = World::open().await?;
    world.import().await?;
    let list = "RUG-0001\nRUG-0002\n";
    assert_eq!(world.serials(list).send().await?.status(), 204);
    assert_eq!(world.proof().await?["has_serials"], true);
    let told = async |serial: &str| -> anyhow::Result<Value> {
        Ok(world
            .ask("rug", serial)
            .send()
            .await?
            .error_for_status()?
            .json()
            .await?)
    };
    let first = told("rug 0001").await?;
    assert_eq!(
        first,
        json!({ "is_known": true, "checks_before": 0, "first_ms": null })
    );
    assert_eq!(
        world.serials(list).send().await?.status(),
        204,
        "known ones stay"
    );
    let second = told("RUG0001").await?;
    assert_eq!(
        (&second["is_known"], &second["checks_before"]),
        (&true.into(), &1.into())
    );
    assert!(
        second["first_ms"]
            .as_u64()
            .is_some_and(|at| at > 1_700_000_000_000)
    );
    assert_eq!(told("RUG-0003").await?["is_known"], false);
    assert_eq!(
        told("RUG-0002").await?["checks_before"],
        0,
        "each has its own count"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_proofs_are_refused_by_name() -> anyhow::Result<()> {
    let world = World::open().await?;
    world.import().await?;
    let heavy = [PDF, &vec![b' '; 4 * 1024 * 1024], b"%%EOF"].concat();
    check(
        world.certify("application/pdf", b"<html>"),
        422,
        "not_a_pdf",
    )
    .await?;
    check(
        world.certify("application/pdf", &heavy),
        413,
        "body_too_large",
    )
    .await?;
    check(world.certify("image/png", b"x"), 422, "not_a_picture").await?;
    check(
        world.certify("text/html", b"x"),
        415,
        "unsupported_media_type",
    )
    .await?;
    let refused = check(world.serials("RUG-0001\nno\n"), 422, "invalid_serials").await?;
    assert_eq!(refused["errors"][0]["row"], 2);
    check(world.ask("rug", "?"), 422, "invalid_serial").await?;
    check(world.ask("lamp", "RUG-0001"), 404, "not_found").await?;
    assert_eq!(
        world.proof().await?,
        json!({ "certificate": null, "has_serials": false })
    );

    let viewer = world.disk.token(SHOW, Role::Viewer);
    let request = world.product(Method::DELETE, "rug/certificate");
    check(request.bearer_auth(viewer), 403, "not_host").await?;
    let unknown = world.product(Method::DELETE, "lamp/certificate");
    check(unknown.bearer_auth(&world.host), 404, "not_found").await?;
    Ok(())
}
