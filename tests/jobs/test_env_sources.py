"""Variables from Secrets and ConfigMaps reach the program on the local cluster, and no command shows their values."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest

from arena_core.cli.about import lines, roles_data
from arena_core.contract.errors import InvalidArguments
from arena_core.kube.resources import resource_of

SECRET, CONFIG = resource_of("v1", "Secret"), resource_of("v1", "ConfigMap")


def kept(arena: Any) -> None:
    data = {"TOKEN": base64.b64encode(b"hunter2").decode()}
    arena.direct.cluster.create(SECRET, arena.namespace, {"kind": "Secret", "apiVersion": "v1", "metadata": {"name": "hub"}, "data": data})
    settings = {"kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": "set"}, "data": {"LR": "0.1", "seed": "7"}}
    arena.direct.cluster.create(CONFIG, arena.namespace, settings)


def test_the_program_gets_them_and_nobody_else_does(arena: Any, make: Any) -> None:
    kept(arena)
    command = "echo $TOKEN $HF | md5sum | cut -c1-8; echo lr=$LR seed=$SEED"
    raw = make("e", command, env_from_secret=["hub", "HF=hub:TOKEN"], env_from_configmap=["set", "SEED=set:seed"])
    done = arena.submit("dummy", raw)
    job = arena.wait("e", timeout=60)
    assert job.status.phase == "SUCCEEDED"
    assert [str(line.text) for line in arena.logs("e")] == [hashlib.md5(b"hunter2 hunter2\n").hexdigest()[:8], "lr=0.1 seed=7"]
    about = arena.about(job)
    assert "Taken from: Secret hub, ConfigMap set, Secret hub (key TOKEN), ConfigMap set (key seed)" in lines(about)
    shown = json.dumps([*done.manifests, roles_data(about)]) + lines(about)
    assert "hunter2" not in shown and base64.b64encode(b"hunter2").decode() not in shown


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("env_from_secret", "hub:TOKE", "the Secret 'hub' has no key 'TOKE'; its keys: TOKEN"),
        ("env_from_configmap", "sets", "there is no ConfigMap 'sets' in this namespace; ConfigMaps here: "),
    ],
)
def test_what_is_missing_is_refused_before_anything_is_made(arena: Any, make: Any, field: str, typed: str, said: str) -> None:
    kept(arena)
    arena.calls()
    with pytest.raises(InvalidArguments) as caught:
        arena.submit("dummy", make("e", **{field: [typed]}))
    (problem,) = caught.value.problems
    assert said in f"{problem.message}; {problem.hint}"
    assert not [call for call in arena.calls() if call.startswith("POST") and "selfsubject" not in call]


def test_who_may_not_read_secrets_is_told_that_nothing_was_checked(arena: Any, make: Any, rights: Any) -> None:
    kept(arena)
    arena.gate.allowed = rights(arena.namespace, "dummy")
    done = arena.submit("dummy", make("e", "true", env_from_secret=["hub:TOKEN"]))
    assert "Secret hub could not be checked: the job waits for ever if it does not exist" in done.warnings
