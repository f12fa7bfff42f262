"""What must not go along: more than the limit, links that lead out of the folder; and what perhaps should not: secrets."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from arena_core.workdir.listing import OWN, Entry, Listing

#: So many names stand in one sentence.
_SHOWN = 5
_SECRET = re.compile(
    r"""(?ix)
    \.env(\..+)? | \.envrc | id_(rsa|dsa|ecdsa|ed25519)(_sk)? | .*\.(pem|key|p12|pfx|jks|keystore|kdbx|ppk) | \.?kubeconfig
    | .*\.kubeconfig | kubeconfig\..+ | \.netrc | _netrc | \.pypirc | \.npmrc | \.pgpass | \.git-credentials | \.htpasswd | \.dockercfg
    | \.?credentials(\.json)? | client_secret.*\.json | service[-_]?account.*\.json | secrets?\.(json|ya?ml|toml|ini|env)
    | \.vault[-_]?pass(word)?
    """
)
_SECRET_PLACES = re.compile(
    r"(?i)(^|/)(\.aws/(credentials|config)|\.kube/config|\.docker/config\.json"
    r"|\.ssh/.+|\.gnupg/.+|\.huggingface/token)$"
)
#: Examples of such files, which are made to be passed on.
_HARMLESS = re.compile(r"(?i).*\.(example|sample|template|dist|pub)$")


def problems(found: Listing, limit: int) -> Iterator[tuple[str, str]]:
    """Yield what stops it, each with what to do."""
    if not any(not entry.folder for entry in found.entries):
        yield f"{found.root} holds no file that goes along", f"is everything in it left out by .gitignore or {OWN}?"
    if found.size > limit:
        from arena_core.workdir.words import size

        big = ", ".join(f"{entry.path} ({size(entry.size)})" for entry in found.largest[:_SHOWN])
        text = f"{found.root} has {size(found.size)}, more than the limit of {size(limit)}; the largest files: {big}"
        yield text, f"name in {OWN} what the job does not need, or raise --workdir-limit; data belongs into a volume (--data)"
    for entry, why in _astray(found):
        yield f"the link {entry.path} {why} ({entry.link})", f"put what it means into the folder, or name the link in {OWN}"


def _astray(found: Listing) -> Iterator[tuple[Entry, str]]:
    for entry in found.entries:
        if not entry.link:
            continue
        if os.path.isabs(entry.link):
            yield entry, "names a path of this machine"
            continue
        plain = os.path.normpath(os.path.join(os.path.dirname(entry.path), entry.link))
        real = os.path.realpath(os.path.join(found.root, entry.path))
        if plain == ".." or plain.startswith("../") or not f"{real}/".startswith(found.root.rstrip("/") + "/"):
            yield entry, "leads out of the folder"


def notes(found: Listing) -> Iterator[str]:
    """Yield what should be known: files that look like secrets, links to what stays here, what cannot go along."""
    secrets = [entry.path for entry in found.entries if not entry.folder and looks_secret(entry.path)]
    if secrets:
        yield f"{_names(secrets)} may hold secrets and will be readable by whoever may read the job's objects; {OWN} leaves files out"
    there = {os.path.join(found.root, entry.path) for entry in found.entries} | {found.root}
    links = [entry.path for entry in found.entries if entry.link]
    dangling = [path for path in links if os.path.realpath(os.path.join(found.root, path)) not in there]
    if dangling:
        yield f"{_names(dangling)}: what the link means does not go along"
    if found.special:
        yield f"{_names(found.special)}: no file, stays here"


def looks_secret(path: str) -> bool:
    """Whether the name of a file says that it holds a secret.

    >>> [looks_secret(path) for path in (".env", "deploy/id_rsa", "conf/.aws/credentials", ".env.example", "id_rsa.pub", "train.py")]
    [True, True, True, False, False, False]
    """
    name = path.rpartition("/")[2]
    return not _HARMLESS.fullmatch(name) and bool(_SECRET.fullmatch(name) or _SECRET_PLACES.search(path))


def _names(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(paths[:_SHOWN]) + more
