"""Numbers, times and figures inside lines of a log."""

from __future__ import annotations

import math
import re

from arena_core.lazily import pattern

NUMBER = r"[-+]?(?:\d[\d,]*\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
_ANSI = pattern(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07]*\x07?|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
#: Names of figures that a training reports; a word before or after (``train_loss``, ``val/acc``, ``loss_cls``) is part of the name.
_FIGURE = (
    r"loss(?:es)?|accuracy|acc(?:@?\d)?|top[-_ ]?[15]|ppl|perplexity|bleu|rouge\w*|f1|auc|rmse|mae|mse|logloss|nll|xent|entropy|"
    r"wer|cer|m?iou|map(?:50)?(?:-95)?|reward|lr|learning[-_ ]rate|grad[-_ ]?norm|gnorm|psnr|ssim|fid|kl|elbo|dice|precision|"
    r"recall|bpc|mfu"
)
_NAME = rf"(?:[A-Za-z][\w]*[-_/. ]){{0,3}}?(?:{_FIGURE})(?:[-_/][\w]+)*"
_PAIR = pattern(
    rf"(?<![\w/.])['\"]?(?P<name>{_NAME})['\"]?(?:\s*\([A-Za-z%/ ]+\))?\s*(?:[:=]\s*|\s+)['\"\[]?"
    rf"(?P<value>{NUMBER}|nan|inf)(?![\w/])",
    re.IGNORECASE,
)
_FIRST_WORDS = pattern(r"^(?:and|the|with|of|is|at|for|step|epoch|iter)\s+", re.IGNORECASE)


def clean(text: str) -> str:
    """Return a line without colours and control characters."""
    return _ANSI.sub("", text).strip()


def number(text: str) -> float | None:
    """Return a number with thousands' commas and k, M, G behind it; None where it is none."""
    text = text.strip()
    factor = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}.get(text[-1:], 1.0)
    try:
        value = float(text.rstrip("kKMG").replace(",", "")) * factor
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def seconds(text: str) -> float | None:
    """Return a time as progress bars write it: ``01:02``, ``1:02:03``, ``1 day, 2:03:04``, ``12s``, ``1h 2m``, ``3m20s``.

    >>> seconds("1:02:03"), seconds("1 day, 0:00:05"), seconds("3m20s"), seconds("?")
    (3723.0, 86405.0, 200.0, None)
    """
    text = text.strip()
    days = re.match(r"(\d+) ?d(?:ays?)?,? *(.*)", text)
    if days:
        rest = seconds(days[2]) if days[2] else 0.0
        return None if rest is None else int(days[1]) * 86400 + rest
    if re.fullmatch(r"\d+(:\d{1,2}){1,2}(\.\d+)?", text):
        total = 0.0
        for part in text.split(":"):
            total = total * 60 + float(part)
        return total
    found = re.fullmatch(r"(?:(\d+) ?h(?:ours?)?)?,? *(?:(\d+) ?m(?:in(?:utes?)?)?)?,? *(?:(\d+(?:\.\d+)?) ?s(?:ec(?:onds?)?)?)?", text)
    if not found or not any(found.groups()):
        return None
    hours, minutes, rest_seconds = (float(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + rest_seconds


def figures(line: str) -> dict[str, float]:
    """Return the figures of a training that a line names: ``loss: 0.12``, ``'eval_loss': 0.3``, ``acc=97.1%``, ``loss 0.12``."""
    found: dict[str, float] = {}
    for match in _PAIR.finditer(line):
        value = number(match["value"])
        if value is None:
            continue
        name = _FIRST_WORDS.sub("", match["name"].strip())
        found.setdefault(name, value)
    return found
