//! Product pictures: what a merchant uploads becomes JPEG files of a few widths. Pure: bytes in,
//! bytes out. Nothing of the upload but its pixels survives, so neither does the place where a
//! telephone took it.
//!
//! JPEG, because the WebP encoder in pure Rust is lossless only, which for photographs is five
//! times the size, and because every mail client shows it. What is transparent becomes white.

#[cfg(test)]
pub(crate) mod tests;

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{
    DynamicImage, ImageDecoder as _, ImageError, ImageFormat, ImageReader, Limits, Rgb, RgbImage,
};

use crate::limits::pictures::{DECODED_BYTES_MAX, PIXELS_MAX, SIDE_MAX};

/// Widths that are made, as far as the upload has them: card, page, full screen of a telephone.
pub const WIDTHS: [u32; 3] = [1_280, 640, 320];

/// Where JPEG stops looking compressed.
const QUALITY: u8 = 82;

/// One size of a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variant {
    /// Pixels across.
    pub width: u32,
    /// Pixels down.
    pub height: u32,
    /// The file.
    pub jpeg: Vec<u8>,
}

/// Why an upload is no picture for us.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PictureError {
    /// None of the formats.
    #[error("this is not a JPEG, PNG or WebP file")]
    NotAPicture,
    /// It ends before its end.
    #[error("the picture breaks off: the upload is incomplete")]
    Truncated,
    /// Larger than we decode, whatever its file's size.
    #[error("the picture has {width} x {height} pixels; at most {PIXELS_MAX} in all are taken")]
    TooLarge {
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// Decoding it wants more memory than its pixels account for.
    #[error("decoding the picture would take too much memory")]
    TooMuchMemory,
    /// The decoder cannot read it.
    #[error("the picture cannot be decoded: {0}")]
    Broken(String),
}

/// Makes all sizes of an upload, the widest first; none is wider than the upload.
///
/// # Errors
/// See [`PictureError`]. A file that promises too much is refused before its pixels get memory.
pub fn prepare(file: &[u8]) -> Result<Vec<Variant>, PictureError> {
    let picture = decode(file)?;
    let mut source = flatten(picture);
    let mut variants: Vec<Variant> = Vec::new();
    for width in WIDTHS.map(|width| width.min(source.width())) {
        if variants.iter().any(|variant| variant.width == width) {
            continue;
        }
        if width < source.width() {
            let height = u64::from(source.height()) * u64::from(width);
            let height = (height / u64::from(source.width())).max(1);
            let height = u32::try_from(height).unwrap_or(source.height());
            // Each size is made from the one before: sharp enough, and far less to read.
            source = source.resize_exact(width, height, FilterType::Lanczos3);
        }
        variants.push(encode(&source)?);
    }
    Ok(variants)
}

fn decode(file: &[u8]) -> Result<DynamicImage, PictureError> {
    let format = image::guess_format(file).map_err(|_| PictureError::NotAPicture)?;
    let is_whole = match format {
        ImageFormat::Jpeg => is_whole_jpeg(file),
        ImageFormat::WebP => is_whole_webp(file),
        // The decoder tells by itself when its data end.
        ImageFormat::Png => true,
        _ => return Err(PictureError::NotAPicture),
    };
    if !is_whole {
        return Err(PictureError::Truncated);
    }
    let mut limits = Limits::default();
    limits.max_alloc = Some(DECODED_BYTES_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(file), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(told)?;
    let (width, height) = decoder.dimensions();
    let is_too_wide = width > SIDE_MAX || height > SIDE_MAX;
    if is_too_wide || u64::from(width) * u64::from(height) > PIXELS_MAX {
        return Err(PictureError::TooLarge { width, height });
    }
    if decoder.total_bytes() > DECODED_BYTES_MAX {
        return Err(PictureError::TooMuchMemory);
    }
    let orientation = decoder.orientation().map_err(told)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(told)?;
    picture.apply_orientation(orientation);
    Ok(picture)
}

/// Eight bits, no transparency: on white, as shops show cut-out goods.
fn flatten(picture: DynamicImage) -> DynamicImage {
    if !picture.color().has_alpha() {
        return DynamicImage::ImageRgb8(picture.into_rgb8());
    }
    let clear = picture.into_rgba8();
    let on_white = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        u8::try_from((value * alpha + 255 * (255 - alpha)) / 255).expect("a mean of two bytes")
    };
    let flat = RgbImage::from_fn(clear.width(), clear.height(), |x, y| {
        let [r, g, b, a] = clear.get_pixel(x, y).0;
        Rgb([on_white(r, a), on_white(g, a), on_white(b, a)])
    });
    DynamicImage::ImageRgb8(flat)
}

fn encode(picture: &DynamicImage) -> Result<Variant, PictureError> {
    let mut jpeg = Vec::new();
    let encoder = JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
    picture.write_with_encoder(encoder).map_err(told)?;
    Ok(Variant {
        width: picture.width(),
        height: picture.height(),
        jpeg,
    })
}

fn told(error: ImageError) -> PictureError {
    match error {
        ImageError::Limits(_) => PictureError::TooMuchMemory,
        ImageError::IoError(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
            PictureError::Truncated
        }
        other => PictureError::Broken(other.to_string()),
    }
}

/// Whether the scan of a JPEG ends with EOI (ITU T.81 B.1.1.3): the decoder fills up what is
/// missing with grey. A preview inside the metadata has an EOI of its own, so segments are
/// stepped over up to the first scan.
fn is_whole_jpeg(file: &[u8]) -> bool {
    const SOS: u8 = 0xda;
    let mut at = 2;
    while let Some([0xff, marker, high, low]) = file.get(at..at + 4) {
        if *marker == SOS {
            return file[at..].windows(2).any(|pair| pair == [0xff, 0xd9]);
        }
        // A marker may be preceded by fill bytes.
        at += match marker {
            0xff => 1,
            _ => 2 + usize::from(u16::from_be_bytes([*high, *low])),
        };
    }
    false
}

/// Whether a WebP is as long as its RIFF header says (RFC 9649 §2.4).
fn is_whole_webp(file: &[u8]) -> bool {
    let size = file.get(4..8).and_then(|size| size.try_into().ok());
    size.is_some_and(|size| u64::from(u32::from_le_bytes(size)) + 8 <= file.len() as u64)
}
