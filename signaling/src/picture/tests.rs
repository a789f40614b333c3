//! Uploads good and bad, made here byte by byte.

use image::{ImageEncoder as _, Rgba, RgbaImage};

use super::*;

/// Red left half, blue right half; or half transparent when `alpha` says so.
fn flag(width: u32, height: u32, alpha: u8) -> DynamicImage {
    let pixel = |x, _| match x * 2 < width {
        true => Rgba([255, 0, 0, alpha]),
        false => Rgba([0, 0, 255, alpha]),
    };
    DynamicImage::ImageRgba8(RgbaImage::from_fn(width, height, pixel))
}

pub(crate) fn file(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let flag = flag(width, height, 255);
    let flag = if format == ImageFormat::Jpeg {
        DynamicImage::ImageRgb8(flag.into_rgb8())
    } else {
        flag
    };
    flag.write_to(&mut file, format).expect("encoded");
    file.into_inner()
}

/// A PNG of a hundred bytes that promises so many pixels.
pub(crate) fn bomb(width: u32, height: u32) -> Vec<u8> {
    let mut png = file(1, 1, ImageFormat::Png);
    png[16..20].copy_from_slice(&width.to_be_bytes());
    png[20..24].copy_from_slice(&height.to_be_bytes());
    let sum = crc32(&png[12..29]);
    png[29..33].copy_from_slice(&sum.to_be_bytes());
    png
}

/// PNG specification, annex D.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| {
            (crc >> 1) ^ (0xedb8_8320 * (crc & 1))
        })
    };
    !bytes.iter().fold(u32::MAX, step)
}

fn sizes(file: &[u8]) -> Vec<(u32, u32)> {
    let variants = prepare(file).expect("a good picture");
    for variant in &variants {
        let again = image::load_from_memory(&variant.jpeg).expect("a JPEG");
        assert_eq!(
            (again.width(), again.height()),
            (variant.width, variant.height)
        );
    }
    variants
        .iter()
        .map(|variant| (variant.width, variant.height))
        .collect()
}

#[test]
fn every_format_becomes_the_widths_it_has_pixels_for() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let wide = [(1_280, 640), (640, 320), (320, 160)];
        assert_eq!(sizes(&file(2_000, 1_000, format)), wide, "{format:?}");
        assert_eq!(sizes(&file(500, 100, format)), [(500, 100), (320, 64)]);
        assert_eq!(sizes(&file(3, 5, format)), [(3, 5)], "never enlarged");
    }
    assert_eq!(
        sizes(&file(2_000, 1, ImageFormat::Png)).len(),
        3,
        "a line stays a line"
    );
}

/// EXIF with orientation 6 (turn right) and a maker's note.
fn exif() -> Vec<u8> {
    let mut tiff = b"Exif\0\0II*\0\x08\0\0\0\x01\0".to_vec();
    tiff.extend([0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0]);
    tiff.extend(b"taken at home");
    tiff
}

#[test]
fn a_turned_photograph_stands_upright_and_tells_nothing() {
    let plain = file(400, 200, ImageFormat::Jpeg);
    let exif = exif();
    let mut photograph = plain[..2].to_vec();
    photograph.extend([0xff, 0xe1]);
    photograph.extend(u16::try_from(exif.len() + 2).expect("short").to_be_bytes());
    photograph.extend(&exif);
    photograph.extend(&plain[2..]);
    let variants = prepare(&photograph).expect("a good picture");
    assert_eq!((variants[0].width, variants[0].height), (200, 400));
    let upright = image::load_from_memory(&variants[0].jpeg)
        .expect("a JPEG")
        .into_rgb8();
    let (top, bottom) = (upright.get_pixel(100, 20).0, upright.get_pixel(100, 380).0);
    assert!(
        top[0] > 200 && bottom[2] > 200,
        "left is up: {top:?} {bottom:?}"
    );
    for variant in &variants {
        for told in [&b"Exif"[..], b"home"] {
            assert!(!variant.jpeg.windows(told.len()).any(|part| part == told));
        }
    }
}

#[test]
fn what_is_transparent_is_white() {
    let mut png = Cursor::new(Vec::new());
    flag(10, 10, 0)
        .write_to(&mut png, ImageFormat::Png)
        .expect("encoded");
    let variants = prepare(&png.into_inner()).expect("a good picture");
    let seen = image::load_from_memory(&variants[0].jpeg)
        .expect("a JPEG")
        .into_rgb8();
    assert!(
        seen.pixels()
            .all(|pixel| pixel.0.iter().all(|part| *part > 250))
    );
}

#[test]
fn bombs_are_refused_by_what_they_promise() {
    let refused = |file: &[u8]| prepare(file).expect_err("a bomb");
    let (width, height) = (60_000, 60_000);
    assert_eq!(
        refused(&bomb(width, height)),
        PictureError::TooLarge { width, height }
    );
    let line = PictureError::TooLarge {
        width: 1_000_000,
        height: 1,
    };
    assert_eq!(refused(&bomb(1_000_000, 1)), line, "a side is bounded, too");
}

#[test]
fn a_profile_that_unpacks_to_much_more_is_not_unpacked() {
    let mut png = Vec::new();
    let mut encoder = image::codecs::png::PngEncoder::new(&mut png);
    let profile = vec![0; usize::try_from(DECODED_BYTES_MAX).expect("fits") + 1];
    encoder.set_icc_profile(profile).expect("taken");
    encoder
        .write_image(&[0; 3], 1, 1, image::ExtendedColorType::Rgb8)
        .expect("encoded");
    assert!(png.len() < 1_000_000, "it is small: {}", png.len());
    // Either answer is good: what counts is that the memory was not taken.
    let peak = prepare(&png);
    assert!(
        matches!(peak, Ok(_) | Err(PictureError::TooMuchMemory)),
        "{peak:?}"
    );
}

#[test]
fn a_picture_that_breaks_off_is_told_from_a_whole_one() {
    for format in [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP] {
        let whole = file(300, 200, format);
        for length in [whole.len() / 2, whole.len() * 3 / 4] {
            let cut = prepare(&whole[..length]).expect_err("cut off");
            assert_eq!(cut, PictureError::Truncated, "{format:?} at {length}");
        }
    }
}

#[test]
fn other_files_are_no_pictures() {
    let gif = b"GIF89a\x01\0\x01\0\0\0\0;";
    for file in [
        &b""[..],
        b"hello",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        gif,
    ] {
        assert_eq!(prepare(file), Err(PictureError::NotAPicture));
    }
    let mut broken = file(300, 200, ImageFormat::Png);
    broken[60] ^= 0xff;
    assert!(matches!(prepare(&broken), Err(PictureError::Broken(_))));
}

#[test]
fn no_bytes_make_it_panic_or_grow() {
    use proptest::prelude::*;
    let good: Vec<Vec<u8>> = [ImageFormat::Jpeg, ImageFormat::Png, ImageFormat::WebP]
        .map(|format| file(20, 10, format))
        .into();
    proptest!(|(which in 0..3usize, at in any::<prop::sample::Index>(), byte: u8, cut in 0..40usize)| {
        let mut bent = good[which].clone();
        let at = at.index(bent.len());
        bent[at] = byte;
        bent.truncate(bent.len() - cut.min(bent.len()));
        if let Ok(variants) = prepare(&bent) {
            prop_assert!(variants.iter().all(|variant| variant.width <= WIDTHS[0]));
        }
    });
}
