"""Names that ``arena submit`` itself uses: a job type's flag of such a name could never be given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from arena_core.args.flags import flag_specs

if TYPE_CHECKING:
    from pydantic import BaseModel

#: A test compares these with the flags of the command line.
FLAGS = frozenset(
    [
        *("file", "set", "set-string", "dry-run", "output", "wait", "follow", "timeout", "after", "sweep", "at-once", "what-if"),
        *("profile", "explain-config", "rehearse", "force", "notify", "inactive", "on-inactive"),
        *("namespace", "config", "kubeconfig", "context", "as", "loglevel", "arena-namespace", "pprof", "trace", "helm-binary", "help"),
    ]
)
#: Fields by which the command line keeps its own values apart from those of the model.
FIELDS = frozenset(
    ["as_user", "set_string", "dry_run", "at_once", "what_if", "arena_namespace", "helm_binary", "explain_config", "on_inactive"]
)
SHORTS = frozenset("fonh")
#: The key of a job file that names the job type.
KEYS = frozenset(["type"])


def taken(model: type[BaseModel]) -> str:
    """Return the first flag, short form or key of a model that is not free, as it is typed; empty if all are."""
    for spec in flag_specs(model):
        words = [name.removeprefix("--") for name in (*spec.names, *spec.old)]
        for word in (*words, spec.field):
            if word in FLAGS | FIELDS:
                return f"flag --{word}"
            if word in KEYS:
                return f"key {word!r}"
        if spec.short.removeprefix("-") in SHORTS - {""} and spec.short:
            return f"flag {spec.short}"
    return ""
