"""The end of a job is told to commands and addresses: once for each, and never a reason for a command to fail."""

from __future__ import annotations

import json
import os
import shlex
from typing import Any

from arena_core.contract.errors import UsageError
from arena_core.history import claims
from arena_core.history.journal import Journal
from arena_core.usecases.session import Session
from arena_core.usecases.views import Job

#: Seconds for a command, and for each of two tries at an address.
COMMAND_TIME, ADDRESS_TIME = 10.0, 5.0
#: So much of a message goes into a variable.
_LONGEST = 4000


def tell(session: Session, journal: Journal, submission: str, job: Job) -> None:
    """Tell everybody who is to be told of this end and was not yet."""
    wanted = claims.targets(journal, submission)
    if not wanted:
        return
    said = facts(session, submission, job)
    for target in wanted:
        if claims.claim(journal, submission, target) and (trouble := send(target, said)):
            journal.say(f"{shown(target)} was not told that {job.name} has ended: {trouble}")
    claims.forget(journal, submission)


def facts(session: Session, submission: str, job: Job) -> dict[str, Any]:
    """Return what is told: the keys of the JSON, which are a promise."""
    from arena_core.discreet import discreet

    status = job.status
    codes = {one.short_name: one.exit_code for one in status.instances if one.exit_code is not None}
    return {
        "event": "job-finished",
        "submission": submission,
        "name": job.name,
        "namespace": job.namespace,
        "type": job.job_type,
        "uid": job.uid,
        "status": str(status.phase),
        "reason": status.reason,
        "message": discreet(status.message),
        "exitCodes": codes,
        "created": job.created,
        "started": status.start,
        "ended": status.end,
        "context": session.cluster.context,
    }


def send(target: str, said: dict[str, Any]) -> str:
    """Tell one; returns what went wrong."""
    data = json.dumps(said).encode()
    return _post(target, data) if is_address(target) else _run(target, said, data)


def is_address(target: str) -> bool:
    """Whether it is an address rather than a command."""
    return target.lower().startswith(("http://", "https://"))


def _run(command: str, said: dict[str, Any], data: bytes) -> str:
    """Run a command, without a shell: what is told is in variables and, as JSON, on stdin."""
    import subprocess

    words = {f"ARENA_JOB_{key.upper()}": str(said[key])[:_LONGEST].replace("\0", "") for key in said if isinstance(said[key], str)}
    codes = " ".join(f"{name}={code}" for name, code in said["exitCodes"].items())
    env = {**os.environ, **words, "ARENA_JOB_EXITCODES": codes}
    try:
        done = subprocess.run(
            shlex.split(command), input=data, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=COMMAND_TIME, check=False
        )
    except subprocess.TimeoutExpired:
        return f"it did not end within {COMMAND_TIME:g} s"
    except (OSError, ValueError) as error:
        return str(getattr(error, "strerror", "") or error)
    if not done.returncode:
        return ""
    last = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2][:200]
    return f"it ended with {done.returncode}" + (f" ({last})" if last else "")


def _post(address: str, data: bytes) -> str:
    """Post JSON, a second time where the first one came to nothing."""
    from urllib.error import HTTPError
    from urllib.request import Request, urlopen

    trouble = ""
    for _ in range(2):
        try:
            request = Request(address, data=data, headers={"Content-Type": "application/json", "User-Agent": "arena"}, method="POST")
            with urlopen(request, timeout=ADDRESS_TIME):
                return ""
        except HTTPError as error:
            trouble = f"it answered {error.code}"
            if error.code < 500:
                break  # it will say the same again
        except (OSError, ValueError) as error:
            trouble = str(getattr(error, "reason", "") or error)
    return trouble


def check(target: str) -> None:
    """Refuse what cannot be told; raises ``UsageError``."""
    if is_address(target):
        from urllib.parse import urlsplit

        try:
            host = urlsplit(target).hostname
        except ValueError:
            host = None
        if not host:
            raise UsageError(f"--notify: {shown(target)} is not an address", "for example --notify https://hooks.example.com/jobs")
        return
    import shutil

    try:
        words = shlex.split(target)
    except ValueError as error:
        raise UsageError(f"--notify: {target!r} is not a command: {error}") from None
    if not words or shutil.which(words[0]) is None:
        first = words[0] if words else target
        raise UsageError(f"--notify: {first!r} is neither a program here nor an address", "for example --notify 'notify-send done'")


def shown(target: str) -> str:
    """Return a target without what may be a secret: of an address the host, of a command the program."""
    if is_address(target):
        from urllib.parse import urlsplit

        try:
            return f"{urlsplit(target).scheme}://{urlsplit(target).hostname}"
        except ValueError:
            return "an address"
    return target.split(" ")[0]
