"""Which extended resources are accelerators, of whatever vendor, and how shared ones are counted. Pure."""

from __future__ import annotations

import re

from arena_core.k8s import dig
from arena_core.typed import Any

#: Alibaba's GPU sharing: memory in GiB, a device's share of computing in percent, the number of devices behind both.
SHARED_MEMORY, SHARED_CORE, SHARED_COUNT = "aliyun.com/gpu-mem", "aliyun.com/gpu-core.percentage", "aliyun.com/gpu-count"
#: Whole GPUs that Alibaba's scheduler places by their links.
TOPOLOGY = "aliyun.com/gpu"

_UNITS = r"(?i:mem|memory|cores?|percentage|count|milli)"
# Compiled where the first extended resource is seen, which in most lists none is.
_ACCELERATOR = r"""(?ix:
      gpu(?:\.shared|-shared|s)?      # nvidia.com, amd.com, aliyun.com, metax-tech.com ...; time-sliced ones
    | [a-z]*vgpu(?:-number)?          # numbers of shared GPUs
    | mig-[0-9]+g\.[0-9]+gb.*         # parts of an NVIDIA GPU
    | nvidia-gpu | [a-z]+-gpu
    | ascend[0-9a-z-]*(?:\.shared)? | npu[a-z0-9-]*   # huawei.com, rebellions.ai
    | gaudi[0-9]* | hpu               # habana.ai
    | tpu | neuron(?:core|device)?    # google.com, aws.amazon.com
    | mlu[0-9a-z-]* | dcu[a-z0-9-]* | xpu | ppu | ipu | qaic[a-z-]* | i915 | xe
    | (?:gb|gh|g|h|b|a|l|v|p|t|tu|ga|ad)[0-9]{2,3}[a-z0-9_.-]*   # a model's name (pgpu resources of nvidia.com)
    )"""
_VENDORS = ("huawei.com", "habana.ai", "cambricon.com", "hygon.com", "furiosa.ai", "rebellions.ai", "tenstorrent.com", "graphcore.ai")


def is_accelerator(resource: str) -> bool:
    """Whether an extended resource is counted in accelerators (``nvidia.com/mig-1g.5gb``, ``huawei.com/Ascend910``, ``habana.ai/gaudi``).

    Its memory and its share of computing are units of one and do not count.
    """
    vendor, slash, name = resource.partition("/")
    if not slash or is_unit(resource):
        return False
    return re.fullmatch(_ACCELERATOR, name) is not None or vendor in _VENDORS


def is_unit(resource: str) -> bool:
    """Whether the resource measures a part of an accelerator (``aliyun.com/gpu-mem``, ``volcano.sh/vgpu-cores``)."""
    _, slash, name = resource.partition("/")
    parts = re.split(r"[-._]", name)
    return bool(slash) and len(parts) > 1 and re.fullmatch(_UNITS, parts[-1]) is not None


def mode_of(node: Any) -> str:
    """Return Arena's class of a node: ``share``, ``topology``, ``exclusive`` or ``normal``; the first that fits."""
    sizes = dig.mapping(node, "status", "allocatable")
    if _some(sizes.get(SHARED_MEMORY)):
        return "share"
    if dig.labels(node).get("ack.node.gpu.schedule") == "topology" and _some(sizes.get(TOPOLOGY)):
        return "topology"
    return "exclusive" if any(is_accelerator(name) and _some(amount) for name, amount in sizes.items()) else "normal"


def _some(amount: Any) -> bool:
    return amount is not None and str(amount).strip() not in ("", "0")
