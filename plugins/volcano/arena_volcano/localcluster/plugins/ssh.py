"""The ssh plugin: one key pair for the job in a Secret, mounted where ssh looks for it."""

from __future__ import annotations

import base64
from typing import Any

from arena_local.sdk.bundle import Api, Obj
from arena_volcano.localcluster.keys import meta, tasks
from arena_volcano.localcluster.plugins.arguments import arguments, number
from arena_volcano.localcluster.plugins.base import NotReady, Plugin, all_containers, ensure, host_of, named
from arena_volcano.localcluster.plugins.rsakeys import KeyMaker, KeyPair

ROOT_PATH = "/root/.ssh"
_FILES = ("id_rsa", "id_rsa.pub", "authorized_keys", "config")
_KEYS = KeyMaker()


def secret_name(job: Obj) -> str:
    """Return the name of the Secret, which is also that of the volume."""
    return f"{meta(job)['name']}-ssh"


def client_config(job: Obj, port: int) -> str:
    """Return the ssh client's configuration: every pod by its short name."""
    lines = ["StrictHostKeyChecking no", "UserKnownHostsFile /dev/null"]
    for entry in tasks(job):
        for index in range(entry.get("replicas", 0)):
            full = host_of(job, entry, index)
            lines += [f"Host {full.partition('.')[0]}", f"  HostName {full}", f"  Port {port}"]
    return "\n".join(lines) + "\n"


def _pair(flags: dict[str, str]) -> KeyPair:
    if flags.get("ssh-private-key"):
        return KeyPair(flags["ssh-private-key"], flags.get("ssh-public-key", ""))
    pair = _KEYS.take()
    if pair is None:
        raise NotReady("the job's ssh key is being made")
    return pair


def _encode(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def _start(api: Api, job: Obj, given: list[str]) -> None:
    flags = arguments(given)
    config = _encode(client_config(job, number(flags, "ssh-port", 22)))
    old = api.find("secrets", meta(job)["namespace"], secret_name(job))
    if old is None:
        pair = _pair(flags)
        data = dict(zip(_FILES, map(_encode, (pair.private, pair.public, pair.public)), strict=False))
    else:
        data = {name: value for name, value in (old.get("data") or {}).items() if name != "config"}
    data["config"] = config
    secret: Obj = {"apiVersion": "v1", "kind": "Secret", "metadata": named(job, secret_name(job)), "data": data, "type": "Opaque"}
    ensure(api, "secrets", secret, ("data",))


def _pod(job: Obj, pod: Obj, given: list[str]) -> None:
    path = arguments(given).get("ssh-key-file-path", ROOT_PATH)
    name = secret_name(job)
    items = [{"key": key, "path": f".ssh/{key}"} for key in _FILES]
    mode = 0o600 if path == ROOT_PATH else 0o644
    volume: dict[str, Any] = {"name": name, "secret": {"secretName": name, "items": items, "defaultMode": mode}}
    pod["spec"].setdefault("volumes", []).append(volume)
    for container in all_containers(pod):
        container.setdefault("volumeMounts", []).append({"name": name, "mountPath": path, "subPath": ".ssh"})


PLUGIN = Plugin("ssh", pod=_pod, start=_start, objects=lambda job, given: [("secrets", secret_name(job))])
