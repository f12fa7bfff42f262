"""The page of ``arena logview`` over many millions of lines: its index, first paint, search and memory, with no cluster before it."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

from benchmarks.harness import table
from benchmarks.page import Server, figures

RANKS, LINES = 64, 1_000_000
#: So many lines of an instance come together.
AT_ONCE = 1000
TEXT = "step {at} of {lines} loss 0.1234 lr 0.0003 tokens/s 12345 grad_norm 1.2345 mem 61.2GB epoch 3/10\n"


class Filled(Server):
    """The page as a process of its own, whose lines are put into its index directly."""

    def __init__(self, lines: int) -> None:
        self.began = time.perf_counter()
        words = [sys.executable, "-m", "benchmarks.bigpage", "serve", str(lines)]
        self.process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout
        self.address = self.process.stdout.readline().strip()


def serve(lines: int) -> None:
    """Fill the index with lines of all instances, a millisecond apart, print the address and stay until Ctrl-C."""
    from tests.logview.synthetic import BEGAN, page

    made = page(RANKS, 0)
    for begin in range(0, lines, AT_ONCE):
        texts = [TEXT.format(at=at, lines=lines).encode() for at in range(begin, min(begin + AT_ONCE, lines))]
        for source in made.store.sources:
            first = BEGAN * 1_000_000_000 + begin * 1_000_000 + source.number
            made.store.append(source, [(first + n * 1_000_000, text) for n, text in enumerate(texts)])
    for source in made.store.sources:
        made.store.append(source, [(source.last, f"the end of wide-{source.label}\n".encode())])
    made.server.start()
    print(made.server.address, flush=True)
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        made.close()


def run(rounds: int, lines: int = LINES) -> str:
    """Return the table."""
    server, total = Filled(lines), RANKS * (lines + 1)
    try:
        filled = server.loaded(total)
        rows = figures(server, rounds, range(0, total, total // 50))
    finally:
        server.close()
    loaded = ("all lines put into the index", f"{filled:.0f} s", f"{total / filled / 1000:,.0f},000 lines/s", "")
    return f"{total:,} lines of {RANKS} instances.\n\n" + table(("`arena logview`", "measured", "", "goal"), [loaded, *rows])


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(int(sys.argv[2]))
    else:
        print(run(6, int(sys.argv[1]) if sys.argv[1:] else LINES))
