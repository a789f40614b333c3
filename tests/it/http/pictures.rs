//! Product pictures through their door: what comes back, and the exact refusal of each bad
//! upload. The same by the bytes, without a server: `signaling/src/picture/tests.rs`.

use reqwest::RequestBuilder;
use serde_json::Value;
use signaling::protocol::client::Role;

use crate::{SHOW, World, check};

/// A PNG of 74 bytes that promises 60,000 x 60,000 pixels.
const BOMB: &[u8] = &[
    0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0x00, 0x00, 0x00, 0x0d, 0x49, 0x48, 0x44, 0x52,
    0x00, 0x00, 0xea, 0x60, 0x00, 0x00, 0xea, 0x60, 0x08, 0x02, 0x00, 0x00, 0x00, 0x0f, 0xb0, 0xe2,
    0x15, 0x00, 0x00, 0x00, 0x11, 0x49, 0x44, 0x41, 0x54, 0x78, 0x9c, 0x63, 0x60, 0x18, 0x05, 0xa3,
    0x60, 0x14, 0x0c, 0x77, 0x00, 0x00, 0x03, 0xe8, 0x00, 0x01, 0xb3, 0xa6, 0xd3, 0x46, 0x00, 0x00,
    0x00, 0x00, 0x49, 0x45, 0x4e, 0x44, 0xae, 0x42, 0x60, 0x82,
];

fn jpeg(width: u32, height: u32) -> anyhow::Result<Vec<u8>> {
    let mut file = std::io::Cursor::new(Vec::new());
    image::RgbImage::new(width, height).write_to(&mut file, image::ImageFormat::Jpeg)?;
    Ok(file.into_inner())
}

impl World {
    fn picture(&self, kind: &str, file: Vec<u8>) -> RequestBuilder {
        let url = self.url("/api/v1/shows/lamp/pictures");
        let request = self.client.post(url).bearer_auth(&self.host);
        request.header("content-type", kind).body(file)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_picture_comes_back_in_its_widths_for_ever() -> anyhow::Result<()> {
    let world = World::open().await?;
    let answer = world.picture("image/jpeg", jpeg(800, 400)?).send().await?;
    assert_eq!(answer.status(), 201);
    let location = answer.headers()["location"].to_str()?.to_owned();
    let told: Value = answer.json().await?;
    assert_eq!(told["url"], location.as_str());
    let sizes = told["sizes"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let widths: Vec<&Value> = sizes.iter().map(|size| &size["width"]).collect();
    assert_eq!(widths, [800, 640, 320]);
    for size in sizes {
        let url = world.url(size["url"].as_str().unwrap_or_default());
        let answer = world.client.get(url).send().await?;
        let header = |name: &str| {
            answer
                .headers()
                .get(name)
                .and_then(|value| value.to_str().ok())
        };
        assert_eq!(header("content-type"), Some("image/jpeg"));
        assert_eq!(
            header("cache-control"),
            Some("public, max-age=31536000, immutable")
        );
        assert_eq!(header("x-content-type-options"), Some("nosniff"));
        let picture = image::load_from_memory(&answer.bytes().await?)?;
        assert_eq!(size["width"], picture.width());
        assert_eq!(size["height"], picture.height());
    }
    let again = world.picture("image/jpeg", jpeg(800, 400)?).send().await?;
    assert_eq!(
        again.json::<Value>().await?,
        told,
        "the same upload has the same address"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_pictures_are_refused_by_name() -> anyhow::Result<()> {
    let world = World::open().await?;
    let good = jpeg(800, 400)?;
    let cut = good[..good.len() / 2].to_vec();
    let heavy = vec![0xff; 16 * 1024 * 1024 + 1];
    for (kind, file, status, code) in [
        ("image/png", BOMB.to_vec(), 422, "picture_too_large"),
        ("image/jpeg", cut, 422, "picture_truncated"),
        ("image/webp", b"hello".to_vec(), 422, "not_a_picture"),
        ("image/jpeg", heavy, 413, "body_too_large"),
        (
            "image/svg+xml",
            b"<svg/>".to_vec(),
            415,
            "unsupported_media_type",
        ),
    ] {
        check(world.picture(kind, file), status, code).await?;
    }
    let guest = world.disk.token(SHOW, Role::Guest);
    let url = world.url("/api/v1/shows/lamp/pictures");
    let request = world
        .client
        .post(url)
        .header("content-type", "image/jpeg")
        .body(good);
    check(request.bearer_auth(guest), 403, "not_host").await?;
    let nowhere = world.url(&format!("/pictures/{}-320.jpg", "0".repeat(32)));
    check(world.client.get(nowhere), 404, "not_found").await?;
    check(
        world.client.get(world.url("/pictures/..%2fvitrine.db")),
        404,
        "not_found",
    )
    .await?;
    let kept = std::fs::read_dir(world.disk.path().join("pictures"))?.count();
    assert_eq!(kept, 0, "nothing was kept of what was refused");
    Ok(())
}
