"""One recogniser for each family of lines. Each returns what a line says, or None where it is no line of its kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from arena_core.lazily import pattern
from arena_core.typed import Any
from arena_core.usecases.progress.model import Progress
from arena_core.usecases.progress.text import NUMBER, figures, number, seconds

Recogniser = Callable[[str], Progress | None]

_COUNT = r"\d[\d,]*(?:\.\d+)?[kMG]?"
_BAR = pattern(
    rf"(?P<what>.*?)(?P<percent>\d{{1,3}})%\|(?P<bar>[^|]*)\|\s*(?P<step>{_COUNT})/(?P<total>{_COUNT})\s*"
    rf"\[(?P<spent>[\d:]+)<(?P<left>[^,\]]+)(?:,\s*(?P<rate>[\d.]+|\?)\s*(?P<unit>[^,\]\s]+))?(?P<more>[^\]]*)\]"
)
_EPOCH = pattern(r"\bepochs?\b\W{0,4}(?:\(\w+\)\W{0,3})?(?P<epoch>\d+(?:\.\d+)?)(?:\s*(?:/|of)\s*(?P<epochs>\d+))?", re.IGNORECASE)
#: Bars that count something else than a training.
_OTHER = pattern(
    r"download|upload|map\b|filter|tokeniz|loading|fetch|saving|extract|import|convert|shards?|generat|prepar|process|resolving|pack|"
    r"eval|valid|test|predict|infer|sanity|sampling|warm ?up|compil|captur|index|comput|files|verify|copy|calibrat|quantiz",
    re.IGNORECASE,
)
_BYTES = pattern(r"^[kKMGT]?i?B(?:/s)?$")


def bar(line: str) -> Progress | None:
    """A bar of tqdm: of the Hugging Face Trainer, Lightning, Ultralytics, torchtune and many others."""
    found = _BAR.search(line)
    if not found:
        return None
    what = found["what"]
    unit = found["unit"] or ""
    if _OTHER.search(what) or _BYTES.match(unit):
        return None
    step, total = number(found["step"]), number(found["total"])
    rate = number(found["rate"] or "")
    if rate and unit.startswith("s/"):
        rate = 1 / rate
    epoch, epochs, per_epoch = _epoch_of_bar(what)
    # Lightning counts its epochs from 0 and says nothing of their number.
    return Progress(step, total, epoch, epochs, per_epoch, rate or None, seconds(found["left"]), figures(f"{what} {found['more']}"), line)


def _epoch_of_bar(what: str) -> tuple[float | None, float | None, bool]:
    """Return epoch, epochs, and whether the bar is an epoch's: ``Epoch 3:`` counts from 0, ``Epoch 3/10`` and ``3/100 2.3G`` from 1."""
    if found := _EPOCH.search(what):
        epochs = number(found["epochs"] or "")
        return (number(found["epoch"]) or 0) + (0 if epochs else 1), epochs, True
    if found := re.match(r"\s*(\d+)/(\d+)\s+\S", what):
        return number(found[1]), number(found[2]), True
    if found := re.match(r"\s*(\d+)\|(\d+)\|", what):  # torchtune: epoch|step|Loss
        return number(found[1]), None, True
    return None, None, False


_KERAS = pattern(
    r"^(?P<step>\d+)/(?P<total>\d+|Unknown)\s+(?:\[[=>.]*\]|[━─╸╺ ]+)\s*-?\s*(?:ETA: (?P<eta>[\d:hms ]+)|(?P<spent>[\d:hms]+))?\s*"
    r"(?:(?P<per>[\d.]+)(?P<unit>s|ms|us)/(?:step|epoch|sample))?"
)


def keras(line: str) -> Progress | None:
    """Keras's bar: ``450/1000 [====>...] - ETA: 12s - loss: 0.23`` and Keras 3's ``450/1000 ━━━━ 12s 23ms/step - loss: 0.23``."""
    found = _KERAS.match(line)
    if not found or not (found["eta"] or found["per"] or found["spent"]):
        return None
    step, total = number(found["step"]), number(found["total"])
    per = number(found["per"] or "")
    scale = {"s": 1.0, "ms": 1e-3, "us": 1e-6}.get(found["unit"] or "", 1.0)
    rate = 1 / (per * scale) if per else None
    return Progress(step, total, None, None, True, rate, seconds(found["eta"] or ""), figures(line), line)


_RICH = pattern(
    rf"Epoch (?P<epoch>\d+)/(?P<last>[\d-]+)\s+[━╸╺─ ]+\s*(?P<step>\d+)/(?P<total>\d+)\s+[\d:]+ • "
    rf"(?P<left>[\d:-]+)\s+(?P<rate>{NUMBER})it/s"
)


def rich(line: str) -> Progress | None:
    """Lightning's bar drawn by rich: epochs count from 0 up to the last one."""
    found = _RICH.search(line)
    if not found:
        return None
    last = number(found["last"])
    epoch = (number(found["epoch"]) or 0) + 1
    epochs = None if last is None or last < 0 else last + 1
    step, total, rate = number(found["step"]), number(found["total"]), number(found["rate"])
    return Progress(step, total, epoch, epochs, True, rate, seconds(found["left"]), figures(line), line)


_MEGATRON = pattern(
    rf"\b(?:iteration|step)\s+(?P<step>\d+)\s*/\s*(?P<total>\d+)\s*\|.*?elapsed time per (?:iteration|step)[^:]*:\s*(?P<ms>{NUMBER})"
)


def megatron(line: str) -> Progress | None:
    """Megatron-LM and those made from it: ``iteration 1200/ 500000 | ... | elapsed time per iteration (ms): 812.3 | lm loss: ...``."""
    found = _MEGATRON.search(line)
    if not found:
        return None
    ms = number(found["ms"])
    rate = 1000 / ms if ms else None
    return Progress(number(found["step"]), number(found["total"]), rate=rate, metrics=figures(line), line=line)


_NESTED = pattern(
    rf"\bepoch\b\W*(?:\(train\))?\W*(?P<epoch>\d+)(?!\d)\s*(?:/\s*(?P<epochs>\d+)(?!\d))?\s*[\]:,|]*\s*"
    rf"(?:(?:,|;|\||-)?\s*\[?(?:step|iter(?:ation)?|batch|it)\b\W*)?\[?\s*(?P<step>{_COUNT})\s*/\s*(?P<total>{_COUNT})",
    re.IGNORECASE,
)
_ETA = pattern(r"\b(?:eta|remaining|time left)\b\W{0,3}((?:\d+ days?, )?\d+(?::\d{1,2}){1,2}|(?:\d+(?:\.\d+)? ?[hms] ?)+)", re.IGNORECASE)


def nested(line: str) -> Progress | None:
    """An epoch and a step in it: ``Epoch [3/10], Step [450/1000]``, ``Epoch: [3][450/1000]``, ``Train Epoch: 3 [38400/60000 (64%)]``."""
    found = _NESTED.search(line)
    if not found or _is_else(line):
        return None
    epochs, step, total = number(found["epochs"] or ""), number(found["step"]), number(found["total"])
    if total is None or step is None or step > total:
        return None
    return Progress(step, total, number(found["epoch"]), epochs, True, None, _eta(line), figures(line), line)


_ELSE = pattern(
    r"\b(?:val(?:id(?:ation)?)?|eval(?:uation)?|test(?:ing)?)\b\s*(?:epoch|:|\[|\()|['\"](?:eval|test)_\w+['\"]:"
    r"|early.stopping|restor|resum|retry|optimizer\b|scheduler|\bconfig\b|\barguments?\b|\b(?:error|exception|failed)\b"
    r"|\b(?:since|after|at|from|until) (?:epoch|step|iter)|\bbest (?:loss|acc\w*|model|val|epoch)",
    re.IGNORECASE,
)


def _is_else(line: str) -> bool:
    """Whether a line tells of something else: a validation, which counts its own steps, the past, the best, settings, a failure."""
    return _ELSE.search(line) is not None


def _eta(line: str) -> float | None:
    found = _ETA.search(line)
    return seconds(found[1]) if found else None


_STEP = pattern(
    rf"\b(?:global[ _]?|train(?:ing)?[ _]?|micro[ _]?|num[ _]?)?(?P<word>steps?|iter(?:ation)?s?|batch(?:es)?|updates?|it)\b"
    rf"(?:\(train\))?[\s:=#\[\(]{{1,6}}(?P<step>{_COUNT})(?:\s*(?:/|of)\s*(?P<total>{_COUNT}))?(?![\w%.]*[:.]\d)",
    re.IGNORECASE,
)


def counted(line: str) -> Progress | None:
    """A step with figures: ``step 450/1000 loss 0.12``, ``iter 450: loss 2.3, time 23ms``, ``INFO:tensorflow:loss = 2.3, step = 450``."""
    found = _STEP.search(line)
    told = figures(line)
    if not found or not told or _is_else(line) or line[: found.start()].endswith("-"):
        return None
    if not found["total"] and found["word"].lower().endswith("s") and "=" in found[0]:
        return None  # `steps=1000` is a setting
    step, total = number(found["step"]), number(found["total"] or "")
    if step is None or (total is not None and step > total):
        return None
    epoch = _EPOCH.search(line)
    e, es = (number(epoch["epoch"]), number(epoch["epochs"] or "")) if epoch else (None, None)
    per_epoch = e is not None and found["word"].lower().startswith(("batch", "it")) and total is not None
    return Progress(step, total, e, es, per_epoch, _rate(line), _eta(line), told, line)


_RATE = pattern(
    rf"(?P<rate>{NUMBER})\s*(?:it|steps?|iters?|batch(?:es)?)\s*/\s*s(?:ec)?\b|\bsteps?[/_ ]per[_ ]sec\w*\W{{1,3}}(?P<other>{NUMBER})",
    re.IGNORECASE,
)


def _rate(line: str) -> float | None:
    found = _RATE.search(line)
    return number(found["rate"] or found["other"]) if found else None


def epoch(line: str) -> Progress | None:
    """An epoch of so many, or one with figures: ``epoch 3/10 loss 0.12``, ``Epoch 3: loss = 0.12``."""
    found = _EPOCH.search(line)
    if not found or _is_else(line):
        return None
    value, epochs, told = number(found["epoch"]), number(found["epochs"] or ""), figures(line)
    if epochs is None and found[0].lower().startswith("epochs"):
        return None  # a number of epochs: the setting, not the place
    if value is None or value > 100_000 or (epochs is None and not told) or (epochs is not None and not 0 < epochs >= value):
        return None
    return Progress(None, None, value, epochs, False, None, _eta(line), told, line)


_ITEM = pattern(rf"['\"](?P<key>[A-Za-z_][\w/.@ -]*)['\"]\s*:\s*['\"]?(?P<value>{NUMBER})['\"]?\s*(?=[,}}])")
_STEPS = ("step", "global_step", "num_updates", "iteration", "iter", "train/step", "train/global_step", "update")
_TOTALS = ("total_steps", "max_steps", "total", "num_steps", "max_iter")


def mapping(line: str) -> Progress | None:
    """A dictionary or JSON with figures: the Hugging Face Trainer's ``{'loss': 0.5, 'epoch': 1.5}``, fairseq's, loggers' of one's own."""
    at = line.find("{")
    if at < 0:
        return None
    values: Mapping[str, Any] = {m["key"]: number(m["value"]) for m in _ITEM.finditer(line, at)}
    told = {key: value for key, value in values.items() if value is not None and figures(f"{key}: 1")}
    step = next((values[k] for k in _STEPS if values.get(k) is not None), None)
    value = values.get("epoch", values.get("train/epoch"))
    if "train_runtime" in values:
        told |= {k: v for k, v in values.items() if k == "train_loss" and v is not None}
    if not told or (step is None and value is None) or any(key.startswith(("eval_", "test_")) for key in told):
        return None
    total = next((values[k] for k in _TOTALS if values.get(k) is not None), None)
    return Progress(step, total, value, values.get("num_epochs") or values.get("epochs"), metrics=told, line=line)


_BOOST = pattern(rf"^(?:\[[\d:]+\]\s*)?(?:\[(?P<round>\d+)\]|(?P<cat>\d+):)\s+(?P<rest>.*[:]\s*{NUMBER}.*)$")
_BOOST_NAMES = pattern(rf"([\w-]+(?:'s \w+)?[\w-]*)\s*:\s*({NUMBER})")


def boosting(line: str) -> Progress | None:
    r"""XGBoost, LightGBM and CatBoost: ``[45]\ttrain-rmse:0.12``, ``[45]\ttraining's l2: 0.12``, ``45:\tlearn: 0.12\tremaining: 3.4s``."""
    found = _BOOST.match(line)
    if not found:
        return None
    rest = found["rest"]
    if not re.match(r"(?:train|valid|eval|test|learn|dtrain|validation)\w*(?:'s|-|_|:)", rest):
        return None
    told = {
        name: value
        for name, text in _BOOST_NAMES.findall(rest)
        if (value := number(text)) is not None and name not in ("total", "remaining")
    }
    return Progress(number(found["round"] or found["cat"]), metrics=told, eta=_eta(rest.replace("ms", " ms")), line=line)


#: The more a line says by its form, the earlier it is tried.
RECOGNISERS: tuple[Recogniser, ...] = (rich, bar, keras, megatron, mapping, nested, counted, epoch, boosting)
