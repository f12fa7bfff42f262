"""What must not be told or kept: passwords in URLs, tokens of a request, values whose names say that they are secret."""

from __future__ import annotations

from arena_core.lazily import pattern
from arena_core.typed import Any

#: What stands in place of a secret.
HIDDEN = "***"
#: By what each may begin, which most texts do not have.
_SECRETS = (
    (("://",), pattern(r"(?<=://)[^/\s@'\"]+@"), "***@"),
    (("bearer", "basic"), pattern(r"(?i)\b(bearer|basic)(\s+|%20)(?!auth|token)[A-Za-z0-9._~+/=-]{4,}"), r"\1 ***"),
    (("://127.0.0.1:",), pattern(r"(?<=://127\.0\.0\.1:)(\d+)/[A-Za-z0-9_-]{16,}"), r"\1/***"),
)
_NAME = (
    r"(?:[A-Za-z0-9_.-]*(?:passw(?:or)?d|passphrase|secret|token|credential|api[_-]?key|access[_-]?key|private[_-]?key|auth[_-]?key)"
    r"[A-Za-z0-9_.-]*|(?:[A-Za-z0-9.]+[_-])+(?:key|pwd|pat|auth))"
)
_SECRET_NAME = pattern(rf"(?i)-{{0,2}}{_NAME}")
#: Names that only look so: numbers of tokens, names of keys.
_HARMLESS = pattern(
    r"(?i)(?:.*[_-])?(?:max|min|num|n|total|seq|pad|eos|bos|unk|new)[_-].*tokens?(?:[_-]?id)?|.*tokens|.*tokenizer.*"
    r"|.*(?:file|path|name|dir|ref|refs|type|policy|secrets|[_-]id)"
)
_ASSIGNED = pattern(rf"(?i)(?<![\w.-])(-{{0,2}}{_NAME})(=|:\s*|\s+)(\"[^\"]*\"|'[^']*'|[^\s'\";&|]+)")


def discreet(text: str) -> str:
    """Return the text without what may be a secret: passwords in URLs, tokens of a request, the path that opens the local cluster.

    >>> discreet("cannot fetch https://me:pass@host/x.git")
    'cannot fetch https://***@host/x.git'
    """
    lowered = text.lower()
    for signs, secret, shown in _SECRETS:
        if any(sign in lowered for sign in signs):
            text = secret.sub(shown, text)
    return text


def is_secret(name: str) -> bool:
    """Whether the name of a value says that it is secret.

    >>> [name for name in ("WANDB_API_KEY", "HF_TOKEN", "db-password", "max_tokens", "TOKENIZER", "keyboard", "EPOCHS") if is_secret(name)]
    ['WANDB_API_KEY', 'HF_TOKEN', 'db-password']
    """
    return _SECRET_NAME.fullmatch(name) is not None and _HARMLESS.fullmatch(name.lstrip("-")) is None


def redacted(value: Any, name: str = "") -> Any:
    """Return data of JSON without secrets: values by their names, of environments and of Secrets, and what texts hold.

    >>> redacted({"env": {"HF_TOKEN": "hf_1", "EPOCHS": "3"}, "command": ["train", "--api-key=1", "--lr", "2"]})
    {'env': {'HF_TOKEN': '***', 'EPOCHS': '3'}, 'command': ['train', '--api-key=***', '--lr', '2']}
    """
    if isinstance(value, dict):
        return _redacted_mapping(value)
    if isinstance(value, list | tuple):
        return redacted_words(value) if all(isinstance(one, str) for one in value) else [redacted(one, name) for one in value]
    if isinstance(value, str):
        return HIDDEN if value and is_secret(name) else redacted_text(value)
    return value


def _redacted_mapping(value: dict[Any, Any]) -> dict[Any, Any]:
    if value.get("kind") == "Secret":
        return {
            key: dict.fromkeys(found, HIDDEN) if key in ("data", "stringData") and isinstance(found, dict) else redacted(found)
            for key, found in value.items()
        }
    if isinstance(value.get("name"), str) and isinstance(value.get("value"), str) and is_secret(value["name"]):
        return {**value, "value": HIDDEN}
    return {key: redacted(found, str(key)) for key, found in value.items()}


def redacted_words(words: Any) -> list[str]:
    """Return the words of a command line without secrets: the value may be a word of its own.

    >>> redacted_words(["--env", "HF_TOKEN=hf_1", "--password", "x", "python train.py --token abc"])
    ['--env', 'HF_TOKEN=***', '--password', '***', 'python train.py --token ***']
    """
    found: list[str] = []
    hide = False
    for word in words:
        name, equals, value = word.partition("=")
        if hide and not word.startswith("--"):
            found.append(HIDDEN)
            hide = False
            continue
        hide = word.startswith("-") and not equals and is_secret(word)
        plain_name = name.rpartition(".")[2] if name.startswith(("env.", "envs.")) else name
        found.append(f"{name}={HIDDEN}" if equals and value and is_secret(plain_name) else redacted_text(word))
    return found


def redacted_text(text: str) -> str:
    """Return a text, also of a shell, without secrets.

    >>> redacted_text("export HF_TOKEN=hf_1; python t.py --epochs 3 --token 'a b'")
    'export HF_TOKEN=***; python t.py --epochs 3 --token ***'
    """

    def hidden(found: Any) -> str:
        name, between, value = found[1], found[2], found[3]
        # Without `=` only a flag is followed by its value: "the token expired" is a sentence.
        if not is_secret(name) or (not between.startswith("=") and not name.startswith("-")) or value.startswith(("$", "-")):
            return str(found[0])
        return f"{name}{between}{HIDDEN}"

    if "=" in text or "-" in text:
        text = _ASSIGNED.sub(hidden, text)
    return discreet(text)


def hidden(value: Any, where: str = "") -> list[str]:
    """Return the places in data where a secret was left out.

    >>> hidden({"env": {"A": "***", "B": "1"}, "command": "run --token ***"})
    ['env.A', 'command']
    """
    if isinstance(value, dict):
        return [place for key, one in value.items() for place in hidden(one, f"{where}.{key}" if where else str(key))]
    if isinstance(value, list | tuple):
        return [place for n, one in enumerate(value) for place in hidden(one, f"{where}[{n}]")]
    return [where] if isinstance(value, str) and HIDDEN in value else []
