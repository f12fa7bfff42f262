"""What an image would bring to a container of ours, done with the tools of this machine: git, rsync, TensorBoard."""

from __future__ import annotations

from typing import Any

#: What git-sync does once, by its own environment variables. It begins anew after a failure half-way.
GIT_SYNC = """set -e
command -v git >/dev/null || { echo "git is not installed on this machine: it is needed to fetch $GIT_SYNC_REPO" >&2; exit 127; }
folder="${GIT_SYNC_ROOT:?}/${GIT_SYNC_DEST:?}"
rm -rf "$folder"
export GIT_TERMINAL_PROMPT=0 GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory GIT_CONFIG_VALUE_0='*'
if [ -n "$GIT_SYNC_USERNAME" ]; then
  export GIT_CONFIG_COUNT=2 GIT_CONFIG_KEY_1=credential.helper
  export GIT_CONFIG_VALUE_1='!f() { echo "username=$GIT_SYNC_USERNAME"; echo "password=$GIT_SYNC_PASSWORD"; }; f'
fi
git clone --recurse-submodules ${GIT_SYNC_DEPTH:+--depth "$GIT_SYNC_DEPTH"} ${GIT_SYNC_BRANCH:+--branch "$GIT_SYNC_BRANCH"} \\
  -- "${GIT_SYNC_REPO:?}" "$folder"
[ -z "$GIT_SYNC_REV" ] || git -C "$folder" checkout --quiet --detach "$GIT_SYNC_REV"
"""
#: Runs a tool, or says what is missing.
TOOL = """command -v "$1" >/dev/null && exec "$@"
echo "$1 is not installed where the job was submitted from: $0" >&2
exit 127
"""
TOOLS = {"tensorboard": "pip install tensorboard", "rsync": "it fetches the code"}


def stand_in(container: dict[str, Any]) -> None:
    """Give a container the command that its image would have run, where this machine can do the same."""
    command = container.get("command")
    if not command and any(isinstance(e, dict) and e.get("name") == "GIT_SYNC_REPO" for e in container.get("env") or ()):
        container["command"] = ["sh", "-c", GIT_SYNC]
    elif command and command[0] in TOOLS:
        if command[0] == "tensorboard":
            command = _on_own_address(container, command)
        container["command"] = ["sh", "-c", TOOL, TOOLS[command[0]], *command]
        container.setdefault("terminationMessagePolicy", "FallbackToLogsOnError")


def _on_own_address(container: dict[str, Any], command: list[str]) -> list[str]:
    """Let TensorBoard listen on its pod's own loopback address: on all addresses the whole network would see it."""
    if "0.0.0.0" not in command:  # noqa: S104 - looked for, not listened on
        return command
    field = {"name": "ARENA_POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}
    container["env"] = [*(e for e in container.get("env") or () if e.get("name") != field["name"]), field]
    return ["$(ARENA_POD_IP)" if word == "0.0.0.0" else word for word in command]  # noqa: S104
