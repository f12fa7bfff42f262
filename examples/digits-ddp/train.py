"""Train a softmax classifier of handwritten digits, data-parallel over TCP, with nothing but the standard library.

Each rank takes its share of every batch; rank 0 sums the gradients and sends the sum back, so that all ranks hold the same weights.
MASTER_ADDR, MASTER_PORT, RANK and WORLD_SIZE are read from the environment, as the Training Operator sets them for a PyTorchJob.
"""

import array
import csv
import gzip
import hashlib
import math
import os
import random
import socket
import sys
import time
from pathlib import Path

PIXELS, CLASSES, BATCH, RATE = 64, 10, 64, 0.5
EPOCHS = int(os.environ.get("EPOCHS", "12"))
RANK, WORLD = int(os.environ.get("RANK", "0")), int(os.environ.get("WORLD_SIZE", "1"))
MASTER = os.environ.get("MASTER_ADDR", "localhost"), int(os.environ.get("MASTER_PORT", "23456"))


def say(text):
    print(f"[rank {RANK}/{WORLD}] {text}", flush=True)


def receive(peer, size):
    """Read exactly this many bytes, or end: a peer that has died must not leave us waiting."""
    data = bytearray()
    while len(data) < size:
        part = peer.recv(size - len(data))
        if not part:
            sys.exit(f"[rank {RANK}/{WORLD}] another rank has closed the connection")
        data += part
    return bytes(data)


def rendezvous(patience=120.0):
    """Return the connected peers: all others on rank 0, only rank 0 elsewhere."""
    if WORLD == 1:
        return []
    if RANK == 0:
        with socket.create_server(("", MASTER[1]), backlog=WORLD) as server:
            server.settimeout(patience)
            say(f"waiting for {WORLD - 1} more on port {MASTER[1]}")
            return [server.accept()[0] for _ in range(WORLD - 1)]
    end = time.monotonic() + patience
    while True:
        try:
            return [socket.create_connection(MASTER, timeout=patience)]
        except OSError as error:
            if time.monotonic() > end:
                sys.exit(f"[rank {RANK}/{WORLD}] cannot reach {MASTER[0]}:{MASTER[1]}: {error}")
            time.sleep(0.1)


def all_reduce(peers, values):
    """Return the element-wise sum over all ranks."""
    size = len(values) * values.itemsize
    if RANK == 0:
        for peer in peers:
            theirs = array.array("d", receive(peer, size))
            values = array.array("d", map(float.__add__, values, theirs))
    for peer in peers:
        peer.sendall(values.tobytes())
    return values if RANK == 0 else array.array("d", receive(peers[0], size))


def load():
    """Return (train, test): lists of (pixels with a bias, label); a fixed fifth is held out."""
    with gzip.open(Path(__file__).with_name("digits.csv.gz"), "rt", newline="") as file:
        rows = [([float(v) / 16 for v in row[:PIXELS]] + [1.0], int(row[PIXELS])) for row in csv.reader(file)]
    random.Random(0).shuffle(rows)
    held = len(rows) // 5
    return rows[held:], rows[:held]


def probabilities(weights, pixels):
    scores = [sum(map(float.__mul__, row, pixels)) for row in weights]
    top = max(scores)
    powers = [math.exp(s - top) for s in scores]
    total = sum(powers)
    return [p / total for p in powers]


def gradient(weights, batch):
    """Return the flat gradient over the batch with the loss as its last element."""
    flat = [[0.0] * (PIXELS + 1) for _ in range(CLASSES)]
    loss = 0.0
    for pixels, label in batch:
        for digit, p in enumerate(probabilities(weights, pixels)):
            if digit == label:
                loss -= math.log(max(p, 1e-12))
            error = p - (digit == label)
            if abs(error) > 1e-4:
                flat[digit] = [g + error * x for g, x in zip(flat[digit], pixels, strict=True)]
    return array.array("d", [g for row in flat for g in row] + [loss])


def main():
    train, test = load()
    peers = rendezvous()
    say(f"joined; {len(train[RANK::WORLD])} of {len(train)} images are mine")
    weights = [[0.0] * (PIXELS + 1) for _ in range(CLASSES)]
    order = random.Random(1)  # the same seed on every rank: all cut the same batches
    accuracy = 0.0
    for epoch in range(1, EPOCHS + 1):
        order.shuffle(train)
        loss = 0.0
        for start in range(0, len(train), BATCH):
            batch = train[start : start + BATCH]
            *flat, part = all_reduce(peers, gradient(weights, batch[RANK::WORLD]))
            loss += part
            step = RATE / len(batch)
            for digit, row in enumerate(weights):
                begin = digit * (PIXELS + 1)
                weights[digit] = [w - step * g for w, g in zip(row, flat[begin : begin + PIXELS + 1], strict=True)]
        right = sum(max(enumerate(probabilities(weights, x)), key=lambda p: p[1])[0] == y for x, y in test)
        accuracy = right / len(test)
        say(f"epoch {epoch:2}/{EPOCHS}  loss {loss / len(train):.4f}  test accuracy {accuracy:.3f}")
    checksum = hashlib.sha256(b"".join(array.array("d", row).tobytes() for row in weights)).hexdigest()[:16]
    say(f"done: test accuracy {accuracy:.3f}, weight checksum {checksum}")
    for peer in peers:
        peer.close()


if __name__ == "__main__":
    main()
