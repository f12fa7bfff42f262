"""The picture of the README: what commands really printed, drawn as SVG. `python3 dev.py picture` records it anew and draws it.

``seeing.txt`` is what was recorded: the commands with what a terminal got, colours included. The drawing is made of it alone,
so that a test can draw it again.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from html import escape
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
RECORDED, DRAWN = HERE / "seeing.txt", HERE / "seeing.svg"
COLUMNS, ROWS = 112, 40
#: The colours of a terminal by their SGR codes, on the dark ground of the picture.
COLOURS = {"31": "#ff7b72", "32": "#7ee787", "33": "#e3b341", "34": "#79c0ff", "35": "#d2a8ff", "36": "#76e3ea"}
GROUND, INK, PROMPT, DIM = "#0d1117", "#c9d1d9", "#79c0ff", "#8b949e"
_WIDTH, _HEIGHT, _MARGIN = 8.0, 19, 16
#: Jobs of the scene: name → the words of a submission.
TRAIN = "for n in 1 2 3 4 5 6 7 8 9; do echo epoch $n/40 loss 0.$((95 - n * 5)); sleep {}; done; sleep 600"
SCENE = {
    "bert-large": ("pytorchjob", "--workers", "2", "--gpus", "2", "--kueue-queue", "default-queue", TRAIN.format(0.3)),
    "resnet-50": ("volcanojob", "--replicas", "2", "--gpus", "1", TRAIN.format(0.2)),
    "llama-sft": ("appwrapperjob", "--gpus", "16", "--kueue-queue", "default-queue", "python train.py"),
    "tokenize": ("job", "echo done"),
    "eval": ("pytorchjob", "echo 'FileNotFoundError: /data/checkpoint.pt'; exit 1"),
}
COMMANDS = (("list", "-w"), ("top", "node"), ("why", "llama-sft"), ("why", "eval"))


def record(env: dict[str, str]) -> str:
    """Play the scene on an own local cluster and return what the commands print on a terminal."""
    sys.path.insert(0, str(ROOT))
    from arena_local.context import Options
    from arena_local.testing import LocalCluster
    from tests.cli.ptys import ARENA, Terminal

    with LocalCluster.start(Options(resources={"nvidia.com/gpu": 8}, quota={"nvidia.com/gpu": "8"})) as cluster:
        env = env | cluster.environment()
        for name, (kind, *words) in SCENE.items():
            subprocess.run([ARENA, "submit", kind, "--name", name, "--image", "x", *words], env=env, check=True, capture_output=True)
        for name, state in (("bert-large", "running"), ("resnet-50", "running"), ("tokenize", "succeeded"), ("eval", "failed")):
            subprocess.run([ARENA, "wait", name, "--for", state, "--timeout", "60s"], env=env, check=True, capture_output=True)
        time.sleep(4)  # so that there is a curve to be drawn
        parts = []
        for words in COMMANDS:
            quiet = ("-q",) if words[0] in ("list", "top") else ()
            with Terminal([*words, *quiet], env, columns=COLUMNS, rows=ROWS) as terminal:
                if "-w" in words:
                    terminal.until(lambda: "█" in terminal.screen)  # noqa: B023 - within the round
                    terminal.interrupt()
                else:
                    terminal.end()
                parts.append(f"$ arena {' '.join(words)}\n{_last_frame(terminal.written)}")
    return "\n".join(parts)


def _last_frame(written: str) -> str:
    """Return what stands there at last, with its colours: a view that is drawn again and again moves up and clears what is below."""
    frames = [part for part in written.split("\x1b[J") if part.strip()]
    last = next((part for part in reversed(frames) if "NAME" in part), frames[-1])
    text = re.sub(r"\x1b\[\d*[AK]|\r", "", last)
    lines = [line for line in text.split("\n") if not line.startswith(("note: ", "^C"))]
    return "\n".join(lines).strip("\n") + "\n"


def drawing(recorded: str) -> str:
    """Return the picture of a recording. Pure."""
    lines = recorded.rstrip("\n").split("\n")
    width, height = round(COLUMNS * _WIDTH + 2 * _MARGIN), len(lines) * _HEIGHT + 2 * _MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}">',
        f'<rect width="{width}" height="{height}" rx="8" fill="{GROUND}"/>',
        f'<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13" fill="{INK}">',
    ]
    for n, line in enumerate(lines):
        y = _MARGIN + n * _HEIGHT + 13
        for at, colour, text in _pieces(line):
            # Blanks are not drawn: a browser makes one of several, and each word has a place of its own.
            for word in re.finditer(r"\S+(?: \S+)*", text):
                x, length = _MARGIN + (at + word.start()) * _WIDTH, len(word[0]) * _WIDTH
                parts.append(f'<text x="{x:g}" y="{y}" textLength="{length:g}"{colour}>{escape(word[0])}</text>')
    return "\n".join([*parts, "</g>", "</svg>"]) + "\n"


def _pieces(line: str) -> Iterator[tuple[int, str, str]]:
    """Yield (column, colour, text): runs of one colour."""
    if line.startswith("$ "):
        yield 0, f' fill="{PROMPT}"', line
        return
    at, colour = 0, ""
    for code, text in re.findall(r"\x1b\[([0-9;]*)m|([^\x1b]+)", line):
        if not text:
            shade = next((COLOURS[part] for part in code.split(";") if part in COLOURS), "")
            colour = f' fill="{shade}"' if shade else ""
            continue
        shade = f' fill="{DIM}"' if not colour and set(text) <= set("- ") else colour
        yield at, shade, text
        at += len(text)


def main(words: Sequence[str]) -> int:
    """Record and draw, or (``draw``) draw what is recorded."""
    if list(words) != ["draw"]:
        env = {k: v for k, v in os.environ.items() if not k.startswith(("ARENA", "KUBE", "NO_COLOR"))}
        RECORDED.write_text(record(env), encoding="utf-8")
    DRAWN.write_text(drawing(RECORDED.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"{DRAWN.relative_to(ROOT)} is drawn")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
