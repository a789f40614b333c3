"""The shelf's pictures: cuts of the rendered scenes as WebP of at most 60 kB.

stills.py SCENES_DIR OUT_DIR
"""

import sys
from pathlib import Path

from PIL import Image

BYTES_MAX = 60_000
# Centre (x, y) and height of the cut as parts of the scene, which is 3:4; the cut is 4:5.
PRODUCTS = {
    "cups": (0.5, 0.52, 0.76),
    "vase": (0.5, 0.56, 0.80),
    "lamp": (0.5, 0.52, 0.86),
    "headphones": (0.5, 0.52, 0.82),
    "bag": (0.5, 0.54, 0.80),
    "blanket": (0.5, 0.54, 0.82),
}


def cut(image, x, y, height, ratio, size):
    w, h = image.size
    cut_h = height * h
    cut_w = cut_h * ratio
    if cut_w > w:
        cut_w, cut_h = w, w / ratio
    left = min(max(x * w - cut_w / 2, 0), w - cut_w)
    top = min(max(y * h - cut_h / 2, 0), h - cut_h)
    return image.resize(size, Image.Resampling.LANCZOS, (left, top, left + cut_w, top + cut_h))


def save(image, path):
    for quality in range(88, 40, -4):
        image.save(path, quality=quality, method=6)
        if path.stat().st_size <= BYTES_MAX:
            return
    sys.exit(f"{path} does not fit {BYTES_MAX} bytes")


def main():
    scenes, out = Path(sys.argv[1]), Path(sys.argv[2])
    for name, (x, y, height) in PRODUCTS.items():
        scene = Image.open(scenes / f"{name}.png").convert("RGB")
        save(cut(scene, x, y, height, 4 / 5, (640, 800)), out / f"{name}.webp")
    # The cover holds from a square to 3:4 cuts of its middle.
    bag = Image.open(scenes / "bag.png").convert("RGB")
    save(cut(bag, 0.5, 0.5, 1.0, 3 / 4, (720, 960)), out / "cover.webp")


if __name__ == "__main__":
    main()
