"""Makes JPEG images of every kind that is read, each beside a PNG of what Pillow takes it for.

`python photographs.py DRAWING.png FOLDER`, with a Python that has Pillow.
"""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

from PIL import Image, ImageFilter


def main(drawing: Path, folder: Path) -> None:
    """Write `<name>.jpg` and `<name>.png`, many times."""
    with Image.open(drawing) as opened:
        star = opened.convert("RGB").resize((120, 90))
    noise = Image.effect_noise((67, 53), 40).convert("RGB").filter(ImageFilter.GaussianBlur(2))
    slopes = Image.merge("RGB", [Image.linear_gradient("L").rotate(turn) for turn in (0, 90, 180)])
    images = {"star": star, "noise": noise, "slopes": slopes, "dot": noise.crop((4, 4, 5, 5))}
    for (name, image), progressive in itertools.product(images.items(), (False, True)):
        kinds = {
            f"{sampling}-{restart}-{quality}": {
                "subsampling": sampling,
                "restart_marker_blocks": restart,
                "quality": quality,
            }
            for sampling in ("4:4:4", "4:2:2", "4:2:0", "4:1:1")
            for restart, quality in ((0, 95), (3, 40))
        }
        kinds["rgb"] = {"keep_rgb": True}
        kinds["grey"] = {}
        for kind, settings in kinds.items():
            path = folder / f"{name}-{'progressive' if progressive else 'baseline'}-{kind}.jpg"
            source = image.convert("L") if kind == "grey" else image
            source.save(path, "JPEG", progressive=progressive, **settings)
            with Image.open(path) as made:
                made.save(path.with_suffix(".png"))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
