"""Jobs with one mistake each, as people make them, and jobs that are right: what `--rehearse` is held against."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

TRAIN = """import argparse, os, time
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
parser.add_argument("--data", default="data")
parser.add_argument("--steps", type=int, default=3)
args = parser.parse_args()
print("rank", os.environ.get("RANK"), "of", os.environ.get("WORLD_SIZE"), os.listdir(args.data), flush=True)
time.sleep(0.2 * args.steps)
"""
MEET = """import os, socket, time
address = (os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]))
if os.environ["RANK"] == "0":
    server = socket.create_server(("", address[1]))
    for _ in range(int(os.environ["WORLD_SIZE"]) - 1):
        server.accept()[0].sendall(b"hello")
else:
    for attempt in range(60):
        try:
            print(socket.create_connection(address, 5).recv(5))
            break
        except OSError:
            time.sleep(0.3)
    else:
        raise SystemExit("no rendezvous")
"""


@dataclass(frozen=True)
class Play:
    """A job: its type, further arguments, the command, and files beside it."""

    name: str
    command: Any
    job_type: str = "pytorchjob"
    arguments: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    executable: tuple[str, ...] = ()

    def lay_out(self, folder: Path) -> dict[str, Any]:
        """Write the files and return the arguments of the job."""
        (folder / "data").mkdir(exist_ok=True)
        (folder / "data/part-0").write_text("1")
        for name, text in {"train.py": TRAIN, "meet.py": MEET, **self.files}.items():
            (folder / name).write_bytes(text.encode())
        for name in self.executable:
            (folder / name).chmod(0o755)
        return {"name": self.name, "image": "x", "command": self.command, **self.arguments}


def _py(text: str) -> dict[str, str]:
    return {"own.py": text}


#: Thirty kinds of mistakes.
MISTAKES = (
    Play("typo-in-the-script", "python trian.py"),
    Play("typo-in-the-program", "pyhton train.py"),
    Play("typo-in-the-program-argv", ["pyhton", "train.py"]),
    Play("missing-module", "python own.py", files=_py("import nunpy_not_there\n")),
    Play("missing-module-inside", "python own.py", files={**_py("import helper\n"), "helper.py": "import not_there_either\n"}),
    Play("bad-flag", "python train.py --learning-rate 0.1"),
    Play("bad-value", "python train.py --lr fast"),
    Play("flag-without-value", "python train.py --lr"),
    Play("open-quote", "python train.py --lr '0.1"),
    Play("open-parenthesis", "echo (start) && python train.py"),
    Play("missing-folder", "python train.py --data ./dataset"),
    Play("wrong-folder", "cd src && python train.py"),
    Play("syntax-error", "python own.py", files=_py("def f(:\n")),
    Play("indentation", "python own.py", files=_py("if True:\nprint(1)\n")),
    Play("tabs-and-blanks", "python own.py", files=_py("if True:\n\tx = 1\n        y = 2\n")),
    Play("name-error", "python own.py", files=_py("import os\nprint(os.environ['RANK'])\nmain()\n")),
    Play("missing-variable", "python own.py", files=_py("import os\nprint(os.environ['DATA_ROOT'])\n")),
    Play("unset-variable-in-shell", "set -u; echo $OUTPUT_DIR; python train.py"),
    Play("not-executable", "./start.sh", files={"start.sh": "#!/bin/sh\npython train.py\n"}),
    Play("crlf-script", "./start.sh", files={"start.sh": "#!/bin/sh\r\npython train.py\r\n"}, executable=("start.sh",)),
    Play("crlf-arguments", "sh start.sh", files={"start.sh": "python train.py\r\n"}),
    Play("wrong-interpreter", "./start.sh", files={"start.sh": "#!/usr/bin/pyhton\nprint(1)\n"}, executable=("start.sh",)),
    Play(
        "port-taken-by-itself",
        "python own.py",
        files=_py("import socket\na = socket.create_server(('', 29511))\nb = socket.create_server(('', 29511))\n"),
    ),
    Play(
        "bad-rendezvous",
        "python own.py",
        arguments={"workers": 2},
        files=_py("import os, socket\nsocket.create_connection(('no-such-master', 29500), 2)\n"),
    ),
    Play(
        "wrong-world-size",
        "python own.py",
        arguments={"workers": 2},
        files=_py("import os\nassert int(os.environ['WORLD_SIZE']) == 8, os.environ['WORLD_SIZE']\n"),
    ),
    Play(
        "one-rank-fails",
        "python own.py",
        arguments={"workers": 2},
        files=_py("import os, time\ntime.sleep(1)\nif os.environ['RANK'] == '1': raise ValueError('shard 1 is empty')\ntime.sleep(60)\n"),
    ),
    Play("directory-as-script", "python data"),
    Play("read-only-output", "echo x > /proc/checkpoint.pt"),
    Play("bad-json-config", "python own.py", files={**_py("import json\njson.load(open('c.json'))\n"), "c.json": "{'lr': 1,}"}),
    Play("missing-config", "python own.py --config conf/train.yaml", files=_py("import sys\nopen(sys.argv[2])\n")),
    Play("pipe-hides-nothing", "set -e; false; python train.py", job_type="job"),
    *(Play(f"typo-{t}", "python trian.py", job_type=t) for t in ("mpijob", "horovodjob", "deepspeed-mpijob", "trainjob")),
)

_SLEEPS = "sleep 60"
#: Jobs that are right, of all types that need no program that a machine may lack.
GOOD = (
    *(
        Play(f"train-{t}", "python train.py --lr 0.01", job_type=t)
        for t in ("pytorchjob", "tfjob", "volcanojob", "job", "appwrapperjob", "jobset")
    ),
    *(
        Play(f"argv-{t}", ["python", "train.py", "--lr", "0.01"], job_type=t)
        for t in ("pytorchjob", "tfjob", "volcanojob", "job", "appwrapperjob")
    ),
    *(Play(f"train-{t}", "python train.py", job_type=t) for t in ("mpijob", "horovodjob", "deepspeed-mpijob", "trainjob")),
    *(Play(f"runs-{t}", _SLEEPS, job_type=t) for t in ("pytorchjob", "tfjob", "volcanojob", "job", "appwrapperjob", "jobset")),
    *(Play(f"meet-{n}", "python meet.py", arguments={"workers": n}) for n in (1, 2, 3, 4)),
    *(
        Play(f"gpus-{t}", "echo $CUDA_VISIBLE_DEVICES", job_type=t, arguments={"gpus": 2})
        for t in ("pytorchjob", "tfjob", "job", "volcanojob")
    ),
    *(Play(f"workers-{t}", "sleep 1", job_type=t, arguments={"workers": 3}) for t in ("pytorchjob", "tfjob", "appwrapperjob")),
    *(
        Play(f"large-{t}", "echo hi", job_type=t, arguments={"gpus": 16, "cpu": "500", "memory": "4000Gi"})
        for t in ("pytorchjob", "job", "appwrapperjob")
    ),
    Play("queue", "echo hi", arguments={"kueue_queue": "default-queue"}),
    Play("selector", "echo hi", arguments={"selectors": {"gpu": "a100"}}),
    Play("tolerations", "echo hi", arguments={"tolerations": ["all"]}),
    Play("environment", "test $A = 1", arguments={"env": {"A": "1"}}),
    Play("quotes", "python -c 'print(\"a b\", 1)'"),
    Play("dollar", 'echo $HOSTNAME $RANK; test -n "$RANK"'),
    Play("pipes", "ls | grep train.py"),
    Play("conditions", "test -e nothing || echo none; python train.py"),
    Play("background", "sleep 1 & python train.py; wait"),
    Play("heredoc", "python - <<EOF\nprint(1)\nEOF"),
    Play("script", "sh start.sh", files={"start.sh": "set -e\npython train.py\n"}),
    Play("executable", "./start.sh", files={"start.sh": "#!/bin/sh\npython train.py\n"}, executable=("start.sh",)),
    Play("only-in-the-image", "/opt/conda-of-the-image/bin/python train.py"),
    Play("only-in-the-image-too", "python /workspace-of-the-image/train.py"),
    Play("no-such-tool-here", "my-company-launcher-9 --train"),
    Play("time-limit", _SLEEPS, arguments={"running_timeout": "1h"}),
    Play("tries-again", "python train.py", job_type="job", arguments={"retry": 2}),
    Play("unicode", "echo 'größe ✓'"),
    Play("long-output", "seq 100000"),
    Play("writes-here", "echo x > out-$RANK.txt"),
    Play("stderr", "echo warning >&2; python -W ignore train.py"),
    Play("working-dir", "python -c 'import os; print(os.getcwd())'"),
)
