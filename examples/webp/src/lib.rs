//! The crate `image-webp` for programs in any language: what it takes and gives, as a world says it.

#[path = "../build/bindings/world.rs"]
mod world;

use image_webp::{ColorType, DecodingError, UpsamplingMethod, WebPDecoder, WebPEncoder};
use std::cell::RefCell;
use std::io::Cursor;
use world::Own;
use world::example_webp::{self as webp, Frame, Info, Picture, Upsampling};

const LARGEST: usize = 1 << 30;
/// Sides that the format allows.
const LONGEST: u32 = 1 << 14;

type Decoder = WebPDecoder<Cursor<Vec<u8>>>;

struct Component;

/// An animation on its way from frame to frame.
pub struct Animation(RefCell<Decoder>);

impl webp::Exports for Component {
    type Animation = Animation;

    fn describe(image: Vec<u8>) -> Result<Info, String> {
        let mut decoder = opened(image)?;
        let (width, height) = decoder.dimensions();
        Ok(Info {
            width,
            height,
            has_alpha: decoder.has_alpha(),
            is_lossy: decoder.is_lossy(),
            frames: decoder.num_frames(),
            duration: decoder.loop_duration(),
            exif: decoder.exif_metadata().map_err(said)?,
            icc: decoder.icc_profile().map_err(said)?,
        })
    }

    fn decode(image: Vec<u8>, upsampling: Option<Upsampling>) -> Result<Picture, String> {
        let mut decoder = opened(image)?;
        if upsampling == Some(Upsampling::Plain) {
            decoder.set_lossy_upsampling(UpsamplingMethod::Simple);
        }
        let mut pixels = room(&decoder)?;
        decoder.read_image(&mut pixels).map_err(said)?;
        Ok(picture(&decoder, pixels))
    }

    fn encode(picture: Picture) -> Result<Vec<u8>, String> {
        let Picture { width, height, has_alpha, pixels } = picture;
        let (color, bytes) = if has_alpha { (ColorType::Rgba8, 4) } else { (ColorType::Rgb8, 3) };
        if !(1..=LONGEST).contains(&width) || !(1..=LONGEST).contains(&height) {
            return Err(format!("{width} x {height} pixels: a side has 1 to {LONGEST}"));
        }
        let wanted = width as usize * height as usize * bytes;
        if pixels.len() != wanted {
            let have = pixels.len();
            return Err(format!("{width} x {height} pixels are {wanted} bytes, and not {have}"));
        }
        let mut image = Vec::new();
        WebPEncoder::new(&mut image)
            .encode(&pixels, width, height, color)
            .map_err(|error| error.to_string())?;
        Ok(image)
    }
}

impl webp::AnimationExports for Animation {
    fn open(image: Vec<u8>) -> Result<Own<Animation>, String> {
        let decoder = opened(image)?;
        if !decoder.is_animated() {
            return Err("it is no animation".to_string());
        }
        Ok(Own::new(Animation(RefCell::new(decoder))))
    }

    fn next(&self) -> Result<Option<Frame>, String> {
        let mut decoder = self.0.borrow_mut();
        let mut pixels = room(&decoder)?;
        match decoder.read_frame(&mut pixels) {
            Ok(duration) => Ok(Some(Frame { picture: picture(&decoder, pixels), duration })),
            Err(DecodingError::NoMoreFrames) => Ok(None),
            Err(error) => Err(said(error)),
        }
    }

    fn rewind(&self) {
        self.0.borrow_mut().reset_animation();
    }
}

fn opened(image: Vec<u8>) -> Result<Decoder, String> {
    let mut decoder = WebPDecoder::new(Cursor::new(image)).map_err(said)?;
    decoder.set_memory_limit(LARGEST);
    Ok(decoder)
}

/// Bytes for one picture, where there is room for them.
fn room(decoder: &Decoder) -> Result<Vec<u8>, String> {
    let size = decoder.output_buffer_size().filter(|size| *size <= LARGEST);
    let size = size.ok_or("it is too large")?;
    let mut pixels = Vec::new();
    pixels.try_reserve_exact(size).map_err(|_| "there is no memory for so many pixels")?;
    pixels.resize(size, 0);
    Ok(pixels)
}

fn picture(decoder: &Decoder, pixels: Vec<u8>) -> Picture {
    let (width, height) = decoder.dimensions();
    Picture { width, height, has_alpha: decoder.has_alpha(), pixels }
}

fn said(error: DecodingError) -> String {
    error.to_string()
}
