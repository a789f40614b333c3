//! Product pictures: upload by a host, and the files that came of it.

use axum::Json;
use axum::body::Body;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouterExt as _};
use utoipa_axum::routes;

use super::AppState;
use super::error::Problem;
use super::extract::{Bearer, Path, essence, upload};
use super::shop::host_of;
use crate::limits::pictures::UPLOAD_BYTES_MAX;
use crate::picture::PictureError;
use crate::protocol::api::{PictureSize, PictureView};
use crate::task::pictures::{Pictures, StoreError, Stored};

/// Where the files are: outside the API's version, for catalogues keep these addresses.
pub const PICTURES: &str = "/pictures";

/// Decoding one takes about a second.
const RETRY_AFTER_S: u32 = 2;

/// The API's part.
pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(add).layer(DefaultBodyLimit::disable()))
}

/// Takes a product picture: JPEG, PNG or WebP. It is turned upright, freed of all metadata and
/// made in a few widths. The same upload gets the same addresses.
#[utoipa::path(post, path = "/shows/{show}/pictures", tag = "catalogue",
    operation_id = "add_picture", security(("token" = [])),
    request_body(content(
        (Vec<u8> = "image/jpeg"),
        (Vec<u8> = "image/png"),
        (Vec<u8> = "image/webp"),
    )),
    responses(
        (status = 201, description = "kept", body = PictureView,
            headers(("Location" = String, description = "the widest size"))),
        (status = 400, description = "`body_broken`"),
        (status = 403, description = "`not_host`"),
        (status = 422, description = "`not_a_picture`, `picture_too_large`, `picture_truncated`, \
            `picture_broken`"),
        (status = 503, description = "`pictures_busy`"),
        (status = 507, description = "`pictures_full`"),
    ))]
async fn add(
    State(pictures): State<Pictures>,
    Path(show): Path<String>,
    Bearer(grant): Bearer,
    headers: HeaderMap,
    file: Body,
) -> Result<Response, Problem> {
    host_of(show, &grant)?;
    if !["image/jpeg", "image/png", "image/webp"].contains(&essence(&headers).as_str()) {
        return Err(Problem::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "unsupported_media_type",
            "a picture is `image/jpeg`, `image/png` or `image/webp`",
        ));
    }
    let picture = keep(&pictures, file).await?;
    let place = [(header::LOCATION, picture.url.clone())];
    Ok((StatusCode::CREATED, place, Json(picture)).into_response())
}

/// Takes an upload in.
///
/// # Errors
/// 413, 422 when it is no picture, 503, 507.
pub(super) async fn keep(pictures: &Pictures, file: Body) -> Result<PictureView, Problem> {
    let file = upload(file, UPLOAD_BYTES_MAX, "a picture").await?;
    let stored = pictures.add(file.into()).await.map_err(problem)?;
    let sizes: Vec<PictureSize> = stored.iter().map(size).collect();
    let widest = sizes.first().map(|size| size.url.clone());
    Ok(PictureView {
        url: widest.unwrap_or_default(),
        sizes,
    })
}

fn size(stored: &Stored) -> PictureSize {
    PictureSize {
        url: format!("{PICTURES}/{}", stored.name),
        width: stored.width,
        height: stored.height,
    }
}

/// `GET /pictures/{name}`.
///
/// # Errors
/// 404, 503 when the disk fails.
pub async fn file(
    State(pictures): State<Pictures>,
    Path(name): Path<String>,
) -> Result<Response, Problem> {
    let found = pictures
        .read(&name)
        .await
        .map_err(|error| Problem::internal(&error))?;
    let jpeg = found.ok_or_else(|| Problem::not_found("there is no such picture"))?;
    let headers = [
        (header::CONTENT_TYPE, "image/jpeg"),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'"),
    ];
    Ok((headers, jpeg).into_response())
}

fn problem(error: StoreError) -> Problem {
    let detail = error.to_string();
    let code = match error {
        StoreError::Busy => return Problem::unavailable("pictures_busy", detail, RETRY_AFTER_S),
        StoreError::Full => {
            return Problem::new(StatusCode::INSUFFICIENT_STORAGE, "pictures_full", detail);
        }
        StoreError::Disk(cause) => return Problem::internal(&cause),
        StoreError::Picture(picture) => match picture {
            PictureError::NotAPicture => "not_a_picture",
            PictureError::TooLarge { .. } | PictureError::TooMuchMemory => "picture_too_large",
            PictureError::Truncated => "picture_truncated",
            PictureError::Broken(_) => "picture_broken",
        },
    };
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
}
