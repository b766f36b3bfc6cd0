#!/usr/bin/env python3
"""Weights waking, as one animated picture: waking.py DETINIT OUT.svg

Each frame is the program's own export after so many epochs; trainings of more
epochs begin with the same bits.  The last frame lies below all others, which CSS
shows one after another: it stays where motion is not wanted or not known.
"""
import subprocess
import sys
import tempfile

EPOCHS = [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16]
SECONDS, LAST_SECONDS = 0.7, 3.0
SETTINGS = "seed 42; schedule constant; learning-rate 0.01; lambda 0; threshold 0.02"


def export(program, folder):
    """The text of each frame, from the first line to the last."""
    paths = [f"{folder}/{epochs}.svg" for epochs in EPOCHS]
    commands = [SETTINGS] + [f"epochs {epochs}; train small; export {path} training 80x24"
                             for epochs, path in zip(EPOCHS, paths)]
    subprocess.run([program, "--script", "-"], input="\n".join(commands), text=True, check=True,
                   stdout=subprocess.DEVNULL)
    frames = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            frames.append(file.read().splitlines())
    return frames


def animate(frames):
    moving = len(frames) - 1
    whole = moving * SECONDS + LAST_SECONDS
    head, end = frames[0][0], frames[0][-1]
    lines = [head, "<style>",
             f".f{{visibility:hidden;animation:f {whole:.1f}s step-end infinite}}",
             f"@keyframes f{{0%{{visibility:visible}}{100 * SECONDS / whole:.3f}%"
             "{visibility:hidden}100%{visibility:hidden}}",
             "@media (prefers-reduced-motion:reduce){.f{animation:none}}", "</style>"]
    lines += frames[-1][1:-1]
    for n, frame in enumerate(frames[:-1]):
        lines.append(f'<g class="f" style="animation-delay:{n * SECONDS:.1f}s">')
        lines += frame[1:-1] + ["</g>"]
    return "\n".join(lines + [end, ""])


with tempfile.TemporaryDirectory() as scratch:
    picture = animate(export(sys.argv[1], scratch))
with open(sys.argv[2], "w", encoding="utf-8") as out:
    out.write(picture)
