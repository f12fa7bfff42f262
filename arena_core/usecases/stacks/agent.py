"""What runs in a pod for a moment: prints as JSON which processes it has, and where those of Python are. Nothing is changed.

It is sent as text and run by the Python that is there (3.7 or later), so it imports nothing but the standard library.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # each pod pays for what is imported: typing is not needed, the others only for py-spy
    import subprocess
    from typing import Any

#: The signal on which `--debug-stacks` has Python write its stacks: a real-time signal that nothing else uses.
SIGNAL = 57
#: The name of the memory file that it writes to.
NAME = "arena-stacks"
#: What tells a process its rank, the most telling first.
RANKS = (
    "OMPI_COMM_WORLD_RANK",
    "PMIX_RANK",
    "PMI_RANK",
    "HOROVOD_RANK",
    "RANK",
    "SLURM_PROCID",
    "LOCAL_RANK",
)
#: What the local cluster marks a container's processes with: without namespaces all of the machine's are seen.
MARKS = ("ARENA_POD_UID", "ARENA_CONTAINER")
#: Processes of a container that are looked at, seconds for py-spy, for the answer to a signal, and for PyTorch's flight recorder.
PROCESSES, SECONDS, ANSWER, RECORDER = 64, 6.0, 2.0, 3.5
_HEAD = re.compile(r"^(?:Current t|T)hread 0x([0-9a-f]+)(?: \[([^\]]*)\])? \(most recent call first\)", re.IGNORECASE)
_FRAME = re.compile(r'^  File "(.*)", line (\d+|\?\?\?) in (.*)$')


def text_of(path: str) -> str:
    """Return the text of a file, empty where it cannot be read."""
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""


def fields_of(status: str) -> dict[str, str]:
    """Return the fields of a /proc/PID/status."""
    return {key: value.strip() for key, _, value in (line.partition(":") for line in status.splitlines())}


def catches(status: dict[str, str], signal: int = SIGNAL) -> bool:
    """Whether a process has a handler for the signal: without one the signal would end it."""
    try:
        return bool(int(status.get("SigCgt", "0"), 16) >> (signal - 1) & 1)
    except ValueError:
        return False


def memory_file(pid: int) -> str:
    """Return the path of the memory file of `--debug-stacks` in a process, or nothing."""
    folder = f"/proc/{pid}/fd"
    try:
        numbers = os.listdir(folder)
    except OSError:
        return ""
    for number in numbers:
        try:
            if os.readlink(f"{folder}/{number}").startswith(f"/memfd:{NAME}"):
                return f"{folder}/{number}"
        except OSError:
            continue
    return ""


def process(pid: int, own: dict[str, Any]) -> dict[str, Any] | None:
    """Return what is told of a process, or None for one that is not of this container."""
    environ = dict(row.partition("=")[::2] for row in text_of(f"/proc/{pid}/environ").split("\0") if row)
    if text_of(f"/proc/{pid}/cgroup") != own["cgroup"] or any(environ.get(name) != value for name, value in own["marks"].items()):
        return None
    status = fields_of(text_of(f"/proc/{pid}/status"))
    try:
        exe = os.path.basename(os.readlink(f"/proc/{pid}/exe"))
    except OSError:
        exe = ""
    state = status.get("State", "?")[:1]
    if not status or state in "ZX":
        return None
    return {
        "pid": pid,
        "parent": int(status.get("PPid") or 0),
        "name": status.get("Name", ""),
        "python": bool(re.match("python|pypy", exe)),
        "state": state,
        "env": {name: environ[name] for name in RANKS if name in environ},
        "recorder": recorder(pid, environ),
        "file": memory_file(pid) if catches(status) else "",
    }


def recorder(pid: int, environ: dict[str, str]) -> dict[str, Any]:
    """Return the pipe that PyTorch's flight recorder listens to, where it is set, and the files that it may write to."""
    stem, rank = environ.get("TORCH_NCCL_DEBUG_INFO_PIPE_FILE", ""), environ.get("RANK", "")
    if not stem or not rank.isdigit():
        return {}
    named = [environ[name] for name in ("TORCH_FR_DUMP_TEMP_FILE", "TORCH_NCCL_DEBUG_INFO_TEMP_FILE") if environ.get(name)]
    cache = (environ.get("XDG_CACHE_HOME") or f"{environ.get('HOME') or '/tmp'}/.cache") + "/torch/"
    stems = named or ["/tmp/nccl_trace_rank_", f"{cache}nccl_trace_rank_", f"{cache}comm_lib_trace_rank_"]
    inside = f"/proc/{pid}/cwd"
    return {"pipe": os.path.join(inside, f"{stem}{rank}.pipe"), "files": [os.path.join(inside, f"{one}{rank}") for one in stems]}


def processes() -> list[dict[str, Any]]:
    """Return the processes of this container, without the one that looks and those that it was started by."""
    own = {"cgroup": text_of("/proc/self/cgroup"), "marks": {name: os.environ[name] for name in MARKS if name in os.environ}}
    pids = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
    found = {one["pid"]: one for one in (process(pid, own) for pid in pids) if one}
    looker = os.getpid()
    while looker in found:
        parent = found.pop(looker)["parent"]
        # What started the looker is a shell of ours, or the container's first process, which is not.
        looker = parent if parent in found and parent != 1 and not found[parent]["python"] else 0
    return list(found.values())


def of_spy(text: str) -> list[dict[str, Any]]:
    """Return the threads of `py-spy dump --json`: functions by their own names, as faulthandler has them, without that of the class."""
    return [
        {
            "name": one.get("thread_name") or "",
            "main": one.get("thread_name") == "MainThread" or one.get("os_thread_id") == one.get("pid"),
            "frames": [[f["name"].rpartition(".")[2], f["filename"], f["line"]] for f in one["frames"]],
        }
        for one in json.loads(text)
    ]


def of_handler(text: str, main: int) -> list[dict[str, Any]]:
    """Return the threads of what faulthandler has written; ``main`` is the number of the main thread."""
    threads: list[dict[str, Any]] = []
    for line in text.splitlines():
        head, frame = _HEAD.match(line), _FRAME.match(line)
        if head:
            threads.append({"name": head.group(2) or "", "main": int(head.group(1), 16) == main, "frames": []})
        elif frame and threads:
            number = frame.group(2)
            threads[-1]["frames"].append([frame.group(3), frame.group(1), int(number) if number.isdigit() else 0])
    return threads


def begin_spy(spy: str, pid: int, passed: tuple[int, ...]) -> subprocess.Popen[bytes]:
    """Start py-spy for a process."""
    import subprocess

    command = [spy, "dump", "--json", "--pid", str(pid)]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, pass_fds=passed)


def end_spy(run: subprocess.Popen[bytes], until: float) -> tuple[list[dict[str, Any]], str]:
    """Return (threads, trouble) of a py-spy that was started."""
    import subprocess

    try:
        out, err = run.communicate(timeout=max(0.1, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        run.kill()
        run.communicate()
        return [], "py-spy did not answer in time"
    if run.returncode == 0:
        try:
            return of_spy(out.decode("utf-8", "replace")), ""
        except (ValueError, KeyError, TypeError):
            return [], "py-spy answered with something else than JSON"
    said = err.decode("utf-8", "replace")
    if re.search("permission denied|operation not permitted", said, re.IGNORECASE):
        return [], "py-spy is not allowed to look (the container lacks the right to ptrace)"
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return [], f"py-spy: {lines[-1][:200] if lines else f'exit code {run.returncode}'}"


def ask_handler(one: dict[str, Any], until: float) -> tuple[list[dict[str, Any]], str]:
    """Return (threads, trouble) of a process that writes its stacks on our signal."""
    path = one["file"]
    before = text_of(path)
    main = re.match(r"arena-stacks 1 ([0-9a-f]+)\n", before)
    if not main:
        return [], "what --debug-stacks has prepared is of another version"
    try:
        os.kill(one["pid"], SIGNAL)
    except OSError as error:
        return [], str(error)
    number, last = int(main.group(1), 16), ""
    while time.monotonic() < until:
        time.sleep(0.03)
        said = text_of(path)[len(before) :]
        threads = of_handler(said, number)
        # The main thread is written last; it is whole when nothing more has come for a moment.
        if said and said == last and said.endswith("\n") and any(t["main"] and t["frames"] for t in threads):
            return threads, ""
        last = said
    return [], "it did not answer the signal" + (" (it is stopped)" if one["state"] in "Tt" else "")


def stamps(files: list[str]) -> dict[str, tuple[int, int]]:
    """Return when each file was written, and its size."""
    found = {}
    for path in files:
        try:
            state = os.stat(path)
        except OSError:
            continue
        found[path] = (state.st_mtime_ns, state.st_size)
    return found


def begin_recorder(one: dict[str, Any]) -> dict[str, tuple[int, int]] | None:
    """Ask the flight recorder of a process for what it holds; returns the files as they were, None where nobody listens."""
    import stat

    found = one["recorder"]
    if not found:
        return None
    before = stamps(found["files"])
    try:
        if not stat.S_ISFIFO(os.stat(found["pipe"]).st_mode):
            return None
        number = os.open(found["pipe"], os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        os.write(number, b"1\n")
    except OSError:
        return None
    finally:
        os.close(number)
    return before


def end_recorder(one: dict[str, Any], before: dict[str, tuple[int, int]], until: float) -> dict[str, Any]:
    """Return the collective that a process is in by what the flight recorder has written; nothing where it has not in time."""
    while True:
        for path, stamp in stamps(one["recorder"]["files"]).items():
            found = last_collective(path) if stamp != before.get(path) else {}
            if found:
                return found
        if time.monotonic() > until:
            return {}
        time.sleep(0.1)


def last_collective(path: str) -> dict[str, Any]:
    """Return the first collective of a dump that is not completed, else the last one; nothing of a file that is not whole."""
    import pickle

    class Plain(pickle.Unpickler):
        """Reads lists and dictionaries alone: a file is no reason to run anything."""

        def find_class(self, module: str, name: str) -> Any:
            if module == "torch.jit._pickle" and name.startswith("build_"):
                return list
            raise pickle.UnpicklingError(f"{module}.{name}")

    try:
        with open(path, "rb") as file:
            dump = Plain(file).load()
        entries = [e for e in dump["entries"] if isinstance(e, dict) and not e.get("is_p2p")]
        chosen = next((e for e in entries if not is_done(e, dump)), entries[-1] if entries else None)
        if chosen is None:
            return {}
        group = chosen.get("process_group")
        return {
            "name": str(chosen["profiling_name"]).rpartition(":")[2],
            "sequence": int(chosen["collective_seq_id"]),
            "state": "completed" if is_done(chosen, dump) else str(chosen["state"]),
            "group": str(group[0] if isinstance(group, (list, tuple)) and group else group),
        }
    except Exception:  # a dump of another version, or not whole
        return {}


def is_done(entry: dict[str, Any], dump: dict[str, Any]) -> bool:
    """Whether a collective is over. Not every backend says so of the entry itself (Gloo's stay "scheduled"): its group has a count, too."""
    group = dump.get("pg_status", {}).get(str(entry.get("pg_id")), {})
    return bool(entry["state"] == "completed" or entry["collective_seq_id"] <= group.get("last_completed_collective", -1))


def carried(size: int, machine: str) -> tuple[str, tuple[int, ...], str]:
    """Return (path, descriptors, trouble) of the py-spy that is sent behind this text; it lives in memory alone."""
    import zlib

    here = os.uname().machine
    if machine and here not in machine.split(","):
        return "", (), f"the py-spy that was to be carried is for {machine.split(',')[0]}, the node is {here}"
    data = b""
    while len(data) < size:
        piece = sys.stdin.buffer.read(min(size - len(data), 1 << 16))
        if not piece:
            return "", (), "py-spy did not arrive whole"
        data += piece
    try:
        number = os.memfd_create("py-spy", 0)
        with os.fdopen(os.dup(number), "wb") as file:
            file.write(zlib.decompress(data))
    except (OSError, AttributeError, zlib.error) as error:
        return "", (), f"py-spy cannot be kept in memory: {error}"
    return f"/proc/self/fd/{number}", (number,), ""


def on_path(name: str) -> str:
    """Return where a program is on the PATH, or nothing."""
    places = (os.path.join(folder, name) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder)
    return next((place for place in places if os.path.isfile(place) and os.access(place, os.X_OK)), "")


def look(size: int, machine: str) -> dict[str, Any]:
    """Return everything that is told of this container."""
    until = time.monotonic() + SECONDS
    spy, passed, trouble = carried(size, machine) if size else (on_path("py-spy"), (), "")
    found = processes()
    asked = [one for one in found if one["python"] or one["file"]][:PROCESSES]
    asked_at = time.monotonic()
    recorders = {one["pid"]: begin_recorder(one) for one in asked}
    runs = {one["pid"]: begin_spy(spy, one["pid"], passed) for one in asked if spy}
    for one in asked:
        threads: list[dict[str, Any]] = []
        wrong, how = trouble or "no py-spy in the image", ""
        if one["pid"] in runs:
            threads, wrong = end_spy(runs[one["pid"]], until)
            how = "py-spy"
        if not threads and one["file"]:
            threads, why = ask_handler(one, time.monotonic() + ANSWER)
            how, wrong = "faulthandler", why and (f"{wrong}; {why}" if spy else why)
        one.update(threads=threads, how=how if threads else "", trouble="" if threads else wrong)
    for one in asked:
        before = recorders[one["pid"]]
        if before is not None:
            one["collective"] = end_recorder(one, before, asked_at + RECORDER)
    inner = ("file", "recorder")
    return {"machine": os.uname().machine, "processes": [{k: v for k, v in one.items() if k not in inner} for one in found]}


def main(size: int, machine: str) -> None:
    """Print it."""
    sys.stdout.write(json.dumps(look(size, machine)) + "\n")
    sys.stdout.flush()
