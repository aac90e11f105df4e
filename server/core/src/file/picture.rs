//! Making a picture of ours from bytes of anybody's: what it is shows in its content and not in its name, nothing but the
//! pixels is kept (no position of a camera, no second file behind the first), and no file is unpacked that claims to be
//! larger than a screen could show.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::FilterType;
use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};
use sereno_types::Code;

/// Longest side of a picture that is kept, in pixels.
pub const SIDE: u32 = 512;
/// Longest side of a picture that is read, in pixels.
const SIDE_MAX: u32 = 8_192;
/// Most pixels that are read. Decoders take up to twelve bytes for each while they unpack.
const PIXELS_MAX: u64 = 25_000_000;
/// The same where the whole picture is held in coefficients meanwhile (progressive JPEG) or is told in a few bytes (WebP).
const COSTLY_PIXELS_MAX: u64 = 9_000_000;
/// Most bytes of the unpacked picture.
const UNPACKED_MAX: u64 = 100_000_000;
/// Most scans of a progressive JPEG: encoders write some ten, and each goes over the whole picture again.
const SCANS_MAX: usize = 20;
/// Of a hundred; what cameras and browsers call good.
const QUALITY: u8 = 85;

/// A picture, written anew.
#[derive(Debug)]
pub struct Picture {
    /// The file.
    pub bytes: Vec<u8>,
    /// Its media type.
    pub media_type: &'static str,
    /// The end of its name.
    pub extension: &'static str,
}

/// Reads a PNG, JPEG, GIF (its first image) or WebP file, turns it upright, makes it at most [`SIDE`] pixels wide and
/// high, and writes it as JPEG, or as PNG where something shines through. Takes some tenths of a second: not for threads
/// that serve requests.
///
/// # Errors
/// `invalid_picture` for anything else, `picture_too_large` for one with too many pixels.
pub fn read(bytes: &[u8]) -> Result<Picture, Code> {
    let format = image::guess_format(bytes).map_err(|_| Code::InvalidPicture)?;
    if !matches!(
        format,
        ImageFormat::Png | ImageFormat::Jpeg | ImageFormat::Gif | ImageFormat::WebP
    ) {
        return Err(Code::InvalidPicture);
    }
    let mut limits = Limits::no_limits();
    limits.max_image_width = Some(SIDE_MAX);
    limits.max_image_height = Some(SIDE_MAX);
    limits.max_alloc = Some(UNPACKED_MAX);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(|error| code(&error))?;
    let (width, height) = decoder.dimensions();
    let pixels = u64::from(width) * u64::from(height);
    let scans = if format == ImageFormat::Jpeg { scans(bytes) } else { 1 };
    let most = if format == ImageFormat::WebP || scans > 1 {
        COSTLY_PIXELS_MAX
    } else {
        PIXELS_MAX
    };
    if pixels > most || scans > SCANS_MAX || decoder.total_bytes() > UNPACKED_MAX {
        return Err(Code::PictureTooLarge);
    }
    // what is no orientation is none
    let orientation = decoder.orientation().ok();
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|error| code(&error))?;
    if picture.width() > SIDE || picture.height() > SIDE {
        picture = picture.resize(SIDE, SIDE, FilterType::CatmullRom);
    }
    if let Some(orientation) = orientation {
        picture.apply_orientation(orientation);
    }
    write(&picture).map_err(|error| code(&error))
}

/// How many scans a JPEG file has (ITU-T T.81 §B.2); one is read in a single go. Its headers are walked, because a camera
/// puts a small picture with scans of its own into one of them; in the scans themselves the marker can mean nothing else.
fn scans(bytes: &[u8]) -> usize {
    let mut at = 2;
    while let Some([0xff, kind, high, low]) = bytes.get(at..at + 4) {
        if *kind == 0xda {
            return bytes[at..].windows(2).filter(|marker| *marker == [0xff, 0xda]).count();
        }
        at += 2 + usize::from(u16::from_be_bytes([*high, *low]));
    }
    1
}

fn write(picture: &DynamicImage) -> image::ImageResult<Picture> {
    let mut bytes = Cursor::new(Vec::new());
    let see_through = picture.color().has_alpha() && picture.to_rgba8().pixels().any(|pixel| pixel.0[3] < u8::MAX);
    let (media_type, extension) = if see_through {
        DynamicImage::from(picture.to_rgba8()).write_to(&mut bytes, ImageFormat::Png)?;
        ("image/png", "png")
    } else {
        picture
            .to_rgb8()
            .write_with_encoder(JpegEncoder::new_with_quality(&mut bytes, QUALITY))?;
        ("image/jpeg", "jpg")
    };
    Ok(Picture {
        bytes: bytes.into_inner(),
        media_type,
        extension,
    })
}

fn code(error: &image::ImageError) -> Code {
    if matches!(error, image::ImageError::Limits(_)) {
        Code::PictureTooLarge
    } else {
        Code::InvalidPicture
    }
}

#[cfg(test)]
mod tests {
    use image::{Rgb, RgbImage, Rgba, RgbaImage};

    use super::*;

    fn file(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
        let mut bytes = Cursor::new(Vec::new());
        picture.write_to(&mut bytes, format).unwrap();
        bytes.into_inner()
    }

    fn seen(bytes: &[u8]) -> DynamicImage {
        image::load_from_memory(bytes).unwrap()
    }

    #[test]
    fn every_kind_is_read_and_made_small() {
        let wide = DynamicImage::from(RgbImage::from_pixel(1_024, 256, Rgb([200, 10, 10])));
        for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP] {
            let read = read(&file(&wide, format)).unwrap();
            assert_eq!((read.media_type, read.extension), ("image/jpeg", "jpg"), "{format:?}");
            let seen = seen(&read.bytes);
            assert_eq!((seen.width(), seen.height()), (512, 128), "{format:?}");
        }
    }

    #[test]
    fn what_shines_through_goes_on_doing_so() {
        let glass = DynamicImage::from(RgbaImage::from_pixel(20, 20, Rgba([0, 0, 255, 100])));
        let read = read(&file(&glass, ImageFormat::Png)).unwrap();
        assert_eq!(read.media_type, "image/png");
        assert_eq!(seen(&read.bytes).to_rgba8().get_pixel(3, 3).0[3], 100);
    }

    #[test]
    fn a_small_picture_is_not_blown_up_and_nothing_stays_behind_it() {
        let small = DynamicImage::from(RgbImage::new(3, 2));
        let mut bytes = file(&small, ImageFormat::Jpeg);
        bytes.extend_from_slice(b"<script>alert(1)</script>");
        let read = read(&bytes).unwrap();
        assert!(!read.bytes.windows(7).any(|window| window == b"<script"));
        assert_eq!((seen(&read.bytes).width(), seen(&read.bytes).height()), (3, 2));
    }

    #[test]
    fn a_photograph_is_turned_upright_and_forgets_the_rest() {
        let lying = DynamicImage::from(RgbImage::new(40, 20));
        let jpeg = file(&lying, ImageFormat::Jpeg);
        // TIFF 6.0: little-endian, one entry: orientation (0x0112), SHORT, 6 = a quarter to the right
        let tiff = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0";
        let length = u16::try_from(2 + 6 + tiff.len()).unwrap().to_be_bytes();
        let exif = [&b"\xff\xe1"[..], &length, b"Exif\0\0", tiff].concat();
        let turned = [&jpeg[..2], &exif, &jpeg[2..]].concat();
        let read = read(&turned).unwrap();
        assert_eq!((seen(&read.bytes).width(), seen(&read.bytes).height()), (20, 40));
        assert!(!read.bytes.windows(4).any(|window| window == b"Exif"));
    }

    #[test]
    fn anything_else_is_refused() {
        let png = file(&DynamicImage::from(RgbImage::new(9, 9)), ImageFormat::Png);
        for bytes in [
            &b""[..],
            b"GIF89a",
            b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>",
            b"\x89PNG\r\n\x1a\n",
            b"BM      ",
            &png[..png.len() / 2],
        ] {
            assert_eq!(read(bytes).unwrap_err(), Code::InvalidPicture, "{bytes:?}");
        }
    }

    #[test]
    fn a_file_that_claims_to_be_huge_is_not_unpacked() {
        let mut png = file(&DynamicImage::from(RgbImage::new(9, 9)), ImageFormat::Png);
        // width and height in the header chunk, with its checksum
        png[16..24].copy_from_slice(&[0, 0, 0x75, 0x30, 0, 0, 0x75, 0x30]);
        let sum = crc(&png[12..29]).to_be_bytes();
        png[29..33].copy_from_slice(&sum);
        assert_eq!(read(&png).unwrap_err(), Code::PictureTooLarge);
    }

    #[test]
    fn a_file_that_costs_more_than_it_shows_is_not_unpacked() {
        let mut jpeg = file(&DynamicImage::from(RgbImage::new(9, 9)), ImageFormat::Jpeg);
        jpeg.extend([0xff, 0xda].repeat(SCANS_MAX));
        assert_eq!(read(&jpeg).unwrap_err(), Code::PictureTooLarge);
        let wide = DynamicImage::from(RgbImage::new(4_000, 3_000));
        assert_eq!(
            read(&file(&wide, ImageFormat::WebP)).unwrap_err(),
            Code::PictureTooLarge
        );
        assert!(read(&file(&wide, ImageFormat::Jpeg)).is_ok());
    }

    /// CRC-32 of a PNG chunk (RFC 2083 §15).
    fn crc(bytes: &[u8]) -> u32 {
        let step = |sum: u32, _| {
            if sum & 1 == 1 {
                0xedb8_8320 ^ (sum >> 1)
            } else {
                sum >> 1
            }
        };
        let byte = |sum: u32, byte: &u8| (0..8).fold(sum ^ u32::from(*byte), step);
        !bytes.iter().fold(u32::MAX, byte)
    }
}
