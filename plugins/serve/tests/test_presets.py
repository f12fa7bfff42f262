"""Presets: a model in place of many flags, shown as the command that it is, which means the same."""

from __future__ import annotations

import shlex
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from arena_core.args import command_words, parse
from arena_core.cli.parse import Parser
from arena_core.cli.submit.options import flags_of
from arena_core.contract.errors import InvalidArguments
from arena_serve.custom.args import CustomArgs
from arena_serve.custom.plugin import arena_build_manifests
from arena_serve.presets.llm import name_of
from arena_serve.presets.sglang import SglangArgs
from arena_serve.presets.vllm import VllmArgs


def expanded(model: type[Any], **raw: Any) -> CustomArgs:
    return parse(CustomArgs, parse(model, raw).expand())


def again(args: CustomArgs) -> CustomArgs:
    """The arguments after a way over the command line."""
    parsed = Parser(flags_of(CustomArgs), program=True).parse(command_words(args))
    assert not parsed.problems
    return parse(CustomArgs, {**parsed.values, "command": parsed.args})


def test_a_model_on_two_gpus() -> None:
    args = expanded(VllmArgs, command=["Qwen/Qwen2.5-7B", "--max-model-len", "4096"], gpus=2, gpu_memory=0.8, version="v1")
    job, service = arena_build_manifests(args)
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert job["metadata"]["name"] == "qwen2-5-7b-v1-custom-serving" and container["image"].startswith("vllm/vllm-openai")
    assert shlex.split(container["command"][2]) == [
        *("vllm", "serve", "Qwen/Qwen2.5-7B", "--host", "0.0.0.0", "--port", "8000"),
        *("--tensor-parallel-size", "2", "--gpu-memory-utilization", "0.8", "--max-model-len", "4096"),
    ]
    assert container["resources"]["limits"] == {"nvidia.com/gpu": "2"}
    assert container["startupProbe"] == {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": 10, "failureThreshold": 360}
    assert container["readinessProbe"]["httpGet"] == container["livenessProbe"]["httpGet"] == {"path": "/health", "port": 8000}
    assert {"mountPath": "/dev/shm", "name": "dshm"} in container["volumeMounts"]
    assert service["spec"]["ports"][0]["port"] == 8000


def test_flags_of_the_users_come_before_those_of_the_preset() -> None:
    args = expanded(
        SglangArgs,
        command="/models/x",
        name="mine",
        restful_port=9,
        share_memory="1Gi",
        readiness_probe_action="tcpSocket",
        readiness_probe_action_options=["port: 9"],
        env_from_secret=["HF_TOKEN=hub"],
        data=["models:/models"],
    )
    assert (args.name, args.restful_port, args.share_memory, args.env_from_secret[0].text) == ("mine", 9, "1Gi", "hub:HF_TOKEN")
    assert args.probes()["readinessProbe"] == {"tcpSocket": {"port": 9}}
    assert "--port 9 --tp-size 1" in (args.command_line or "")


@pytest.mark.parametrize("model", [VllmArgs, SglangArgs])
def test_without_a_model_nothing_is_started(model: type[Any]) -> None:
    with pytest.raises(InvalidArguments, match="the model is missing"):
        parse(model, {})
    with pytest.raises(InvalidArguments, match="no name of a server"):
        parse(model, {"command": "..."})


@given(st.text(max_size=60))
def test_a_name_is_one_or_none(text: str) -> None:
    found = name_of(text)
    assert not found or parse(CustomArgs, {"name": found, "version": "v1", "image": "i", "port": 1}).name == found


WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=8).filter(str.strip)


@given(
    # Hypothesis tries words of the program, too, and a command that begins with one of these two is refused: a switch's stray value.
    st.lists(WORDS, min_size=1, max_size=4).filter(lambda words: bool(name_of(words[0])) and words[0] not in ("true", "false")),
    st.dictionaries(st.from_regex(r"[A-Z]{1,4}", fullmatch=True), st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=5)),
    st.integers(0, 8),
)
def test_the_command_that_is_shown_means_the_same(words: list[str], env: dict[str, str], gpus: int) -> None:
    args = expanded(VllmArgs, command=words, env=env, gpus=gpus, version="v1", temp_dirs=["t:/t"], labels=["a=b"], enable_istio=True)
    assert list(arena_build_manifests(again(args))) == list(arena_build_manifests(args))
