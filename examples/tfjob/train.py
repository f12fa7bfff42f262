"""A parameter server and its workers fit a line, by TF_CONFIG alone and with nothing but the standard library.

The parameter server holds the model and adds every gradient that a worker sends; it ends when each worker has said that it is done.
TensorFlow's own strategies read the same variable; this shows what is in it.
"""

import json
import os
import random
import socket
import sys
import time

CONFIG = json.loads(os.environ["TF_CONFIG"])
CLUSTER, ROLE, INDEX = CONFIG["cluster"], CONFIG["task"]["type"], CONFIG["task"]["index"]
WORKERS = [*(("chief", i) for i in range(len(CLUSTER.get("chief", [])))), *(("worker", i) for i in range(len(CLUSTER.get("worker", []))))]
STEPS, RATE = int(os.environ.get("STEPS", "80")), 0.2


def say(text):
    print(f"[{ROLE} {INDEX}] {text}", flush=True)


def serve(patience=60.0):
    """Answer each gradient with the model as it is then."""
    port = int(CLUSTER[ROLE][INDEX].rpartition(":")[2])
    model = [0.0, 0.0]
    with socket.create_server(("", port), backlog=len(WORKERS)) as server:
        server.settimeout(patience)
        say(f"serving {len(WORKERS)} workers on port {port}")
        peers = [server.accept()[0].makefile("rw") for _ in WORKERS]
    while peers:
        for peer in list(peers):
            line = peer.readline()
            if not line.strip():
                peers.remove(peer)
                continue
            model = [value - RATE * part / len(WORKERS) for value, part in zip(model, json.loads(line), strict=True)]
            peer.write(json.dumps(model) + "\n")
            peer.flush()
    say(f"done: y = {model[0]:.3f} x {model[1]:+.3f}")


def connect(patience=60.0):
    host, _, port = CLUSTER["ps"][0].rpartition(":")
    end = time.monotonic() + patience
    while True:
        try:
            return socket.create_connection((host, int(port)), timeout=patience)
        except OSError as error:
            if time.monotonic() > end:
                sys.exit(f"[{ROLE} {INDEX}] cannot reach {host}:{port}: {error}")
            time.sleep(0.1)


def work():
    chance = random.Random(f"{ROLE}{INDEX}")
    points = [(x, 3 * x - 2 + chance.gauss(0, 0.1)) for x in (chance.uniform(-1, 1) for _ in range(200))]
    slope = offset = 0.0
    with connect() as server, server.makefile("rw") as peer:
        say(f"joined; {len(points)} points are mine")
        for step in range(1, STEPS + 1):
            errors = [(slope * x + offset - y, x) for x, y in points]
            gradient = [2 * sum(e * x for e, x in errors) / len(points), 2 * sum(e for e, _ in errors) / len(points)]
            peer.write(json.dumps(gradient) + "\n")
            peer.flush()
            slope, offset = json.loads(peer.readline())
            if step % 20 == 0:
                say(f"step {step:3}  loss {sum(e * e for e, _ in errors) / len(points):.4f}")
        peer.write("\n")
        peer.flush()
    say(f"done: y = {slope:.3f} x {offset:+.3f}")


if __name__ == "__main__":
    serve() if ROLE == "ps" else work()
