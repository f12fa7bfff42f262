"""Fit a line through points that are spread over the ranks, data-parallel over TCP, with nothing but the standard library.

Each rank makes its own share of the points; rank 0 sums the gradients of all and sends the sum back, so all ranks end with one model.
MASTER_ADDR, MASTER_PORT, RANK and WORLD_SIZE come from the environment: Arena, Volcano's pytorch plugin and the Training Operator set them.
"""

import os
import random
import socket
import struct
import sys
import time

RANK, WORLD = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
MASTER = os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"])
EPOCHS, RATE = int(os.environ.get("EPOCHS", "60")), 0.3


def say(text):
    print(f"[rank {RANK}/{WORLD}] {text}", flush=True)


def receive(peer, size):
    data = b""
    while len(data) < size:
        part = peer.recv(size - len(data))
        if not part:
            sys.exit(f"[rank {RANK}/{WORLD}] another rank has closed the connection")
        data += part
    return data


def rendezvous(patience=60.0):
    """Return the connected peers: all others on rank 0, only rank 0 elsewhere."""
    if RANK == 0:
        with socket.create_server(("", MASTER[1]), backlog=WORLD) as server:
            server.settimeout(patience)
            return [server.accept()[0] for _ in range(WORLD - 1)]
    end = time.monotonic() + patience
    while True:
        try:
            return [socket.create_connection(MASTER, timeout=patience)]
        except OSError as error:
            if time.monotonic() > end:
                sys.exit(f"[rank {RANK}/{WORLD}] cannot reach {MASTER[0]}:{MASTER[1]}: {error}")
            time.sleep(0.1)


def all_reduce(peers, *values):
    """Return the sums over all ranks."""
    form = struct.Struct(f"{len(values)}d")
    if RANK == 0:
        for peer in peers:
            values = [mine + theirs for mine, theirs in zip(values, form.unpack(receive(peer, form.size)), strict=True)]
    for peer in peers:
        peer.sendall(form.pack(*values))
    return values if RANK == 0 else form.unpack(receive(peers[0], form.size))


def main():
    chance = random.Random(RANK)
    points = [(x, 3 * x - 2 + chance.gauss(0, 0.1)) for x in (chance.uniform(-1, 1) for _ in range(200))]
    peers = rendezvous()
    say(f"joined; {len(points)} points are mine")
    slope = offset = loss = 0.0
    for epoch in range(1, EPOCHS + 1):
        errors = [(slope * x + offset - y, x) for x, y in points]
        parts = sum(e * x for e, x in errors), sum(e for e, _ in errors), sum(e * e for e, _ in errors), float(len(errors))
        down, side, loss, count = all_reduce(peers, *parts)
        slope, offset = slope - RATE * 2 * down / count, offset - RATE * 2 * side / count
        if epoch % 20 == 0:
            say(f"epoch {epoch:3}  loss {loss / count:.4f}")
    say(f"done: y = {slope:.3f} x {offset:+.3f}")


if __name__ == "__main__":
    main()
