"""Images of WebP with their pixels, made and read by libwebp: run with Pillow on the path.

python webp_images.py PHOTO FOLDER      makes FOLDER/*.webp, and the pixels that each has beside it
python webp_images.py --read IMAGE      writes the pixels of an image to stdout
"""

from __future__ import annotations

import io
import random
import sys
from pathlib import Path

from PIL import Image

SIZES = ((96, 64), (1, 1), (17, 3), (16, 16), (333, 257), (64, 1000))
WAYS = {
    **{f"lossy-{quality}": {"quality": quality} for quality in (0, 30, 75, 100)},
    "lossy-slow": {"quality": 60, "method": 6},
    "lossless": {"lossless": True},
    "lossless-slow": {"lossless": True, "method": 6, "quality": 100},
    "lossless-exact": {"lossless": True, "exact": True},
}


def make(photo: Path, folder: Path) -> None:
    """Every way of every size, with alpha and without; and animations."""
    chance = random.Random(3)
    whole = Image.open(photo).convert("RGB")
    for size in SIZES:
        noise = Image.frombytes("RGB", size, chance.randbytes(size[0] * size[1] * 3))
        image = Image.blend(whole.resize(size), noise, 0.15)
        clear = image.copy()
        clear.putalpha(Image.frombytes("L", size, chance.randbytes(size[0] * size[1])))
        for way, options in WAYS.items():
            for kind, each in (("plain", image), ("alpha", clear)):
                name = f"{size[0]}x{size[1]}-{way}-{kind}"
                each.save(folder / f"{name}.webp", **options)
                (folder / f"{name}.raw").write_bytes(read(folder / f"{name}.webp"))
    for kind, mode in (("plain", "RGB"), ("alpha", "RGBA")):
        frames = [whole.rotate(angle).convert(mode) for angle in range(0, 360, 45)]
        for at, frame in enumerate(frames):
            if mode == "RGBA":
                frame.putalpha(255 - 20 * at)
        path = folder / f"moving-{kind}.webp"
        options = {"save_all": True, "append_images": frames[1:], "duration": [40, 80] * 4}
        frames[0].save(path, lossless=True, **options)
        with Image.open(path) as moving:
            for at in range(moving.n_frames):
                moving.seek(at)
                moving.load()
                (folder / f"moving-{kind}-{at}.raw").write_bytes(moving.tobytes())


def read(path: Path) -> bytes:
    """The pixels of an image, from its bytes."""
    with Image.open(io.BytesIO(path.read_bytes())) as image:
        return image.tobytes()


if __name__ == "__main__":
    if sys.argv[1] == "--read":
        sys.stdout.buffer.write(read(Path(sys.argv[2])))
    else:
        make(Path(sys.argv[1]), Path(sys.argv[2]))
