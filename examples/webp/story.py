"""WebP from Python: decoded by Rust, in a sandbox, with nothing compiled for this machine."""

from pathlib import Path

import wherever

webp = wherever.load("build/webp.wasm", timeout=10, memory="256m")
image = Path("photo.webp").read_bytes()

info = webp.describe(image)
picture = webp.decode(image)
print(f"{info.width} x {info.height}, {'lossy' if info.is_lossy else 'without loss'}")
print("first pixel:", *picture.pixels[:3])

again = webp.encode(picture)
print(f"without loss: {len(again)} bytes, the same: {webp.decode(again) == picture}")

try:
    webp.decode(image[:-100])
except wherever.ResultError as error:
    print(error)
