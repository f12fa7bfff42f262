"""What the machine's GPUs do, as NVIDIA's NVML tells it. Where it, or a driver, is missing nothing is told, and that is no failure."""

from __future__ import annotations

import logging
from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

log = logging.getLogger(__name__)
#: The module of the distribution ``nvidia-ml-py`` (``pip install arena-local[gpu]``).
MODULE = "pynvml"


class Measured(NamedTuple):
    """One GPU at one moment: percent of the last moment in which it worked, bytes of its memory; None where it does not tell."""

    number: int
    uuid: str
    duty: float | None
    used: int | None
    total: int | None


class Nvml:
    """Asks NVML, which is loaded when somebody asks first; ``load`` returns its module."""

    def __init__(self, load: Callable[[], Any] = lambda: import_module(MODULE)) -> None:
        self._load = load
        self._module: Any = None
        self._failed = False

    def measure(self) -> list[Measured]:
        """Return all GPUs of the machine; none where they cannot be asked."""
        if self._failed:
            return []
        try:
            if self._module is None:
                found = self._load()
                found.nvmlInit()
                self._module = found
            return [self._one(number) for number in range(int(self._module.nvmlDeviceGetCount()))]
        except Exception as error:  # a library that wraps a driver: whatever it raises, pods run without it
            log.info("the use of GPUs is not measured: %s", error)
            # A driver that was just updated, or a device that fell off, may be asked again; what is not installed need not.
            self._failed, self._module = isinstance(error, ImportError), None
            return []

    def _one(self, number: int) -> Measured:
        nvml = self._module
        device = nvml.nvmlDeviceGetHandleByIndex(number)
        uuid = nvml.nvmlDeviceGetUUID(device)
        memory = self._asked(nvml.nvmlDeviceGetMemoryInfo, device)
        rates = self._asked(nvml.nvmlDeviceGetUtilizationRates, device)
        return Measured(
            number,
            uuid.decode() if isinstance(uuid, bytes) else str(uuid),
            None if rates is None else float(rates.gpu),
            None if memory is None else int(memory.used),
            None if memory is None else int(memory.total),
        )

    def _asked(self, question: Callable[[Any], Any], device: Any) -> Any:
        """Return an answer, or None for one that this kind of GPU does not give (a partition has no duty of its own)."""
        try:
            return question(device)
        except self._module.NVMLError_NotSupported:
            return None
