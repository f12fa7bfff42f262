"""The /tmp of a container, whose cost is not that of everything that programs have left in the machine's."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from arena_local.kubelet.isolation import SHIM, probe
from arena_local.kubelet.launch import named_in_tmp

#: Enters a sandbox as the child of a shim does, where /tmp holds more than is mounted one by one, and tells what it sees there.
INSIDE = """
import json, os, sys
sys.path.append(sys.argv[1])
from arena_local.kubelet.shim import privatetmp, processes as p, sandbox
privatetmp.MOST_MOUNTED = 0
plan, other, named = json.loads(sys.argv[2])
if plan["user"]:
    uid, gid = os.getuid(), os.getgid()
    p.unshare(p.CLONE_NEWUSER)
    p.map_self(uid, gid)
sandbox.Sandbox(plan).enter()
mounts = [line.split()[4] for line in open("/proc/self/mountinfo")]
for folder in (other, named, "/tmp"):
    with open(f"{folder}/written-{os.path.basename(other)}", "w") as out:
        out.write("x")
print(json.dumps({
    "mounted": [m for m in mounts if m.startswith("/tmp/") and m.count("/") == 2],
    "read": [open(f"{folder}/given").read() for folder in (other, named)],
    "real": os.path.realpath(named),
    "link": os.readlink(f"/tmp/link-{os.path.basename(other)}"),
}))
"""


@pytest.fixture
def folders() -> Iterator[tuple[Path, Path]]:
    """Two folders of the machine's /tmp, and a link that leads nowhere."""
    with tempfile.TemporaryDirectory(dir="/tmp") as other, tempfile.TemporaryDirectory(dir="/tmp") as named:
        link = Path(f"/tmp/link-{Path(other).name}")
        link.symlink_to("nowhere")
        for folder in (other, named):
            Path(folder, "given").write_text(folder)
        yield Path(other), Path(named)
        link.unlink()


@pytest.mark.skipif(not probe().mount, reason="the kernel allows no mount name space")
def test_only_what_a_container_names_is_mounted_where_tmp_is_full(folders: tuple[Path, Path], tmp_path: Path) -> None:
    """A container cost 56 ms of CPU where /tmp had 1,300 entries, and 3 where it had none: each was mounted."""
    other, named = folders
    for name in ("root", "tmp"):
        (tmp_path / name).mkdir()
    plan = {"root": str(tmp_path / "root"), "tmp": str(tmp_path / "tmp"), "named": [named.name], "user": probe().user}
    asked = [str(SHIM.parents[2]), json.dumps([plan, str(other), str(named)])]
    ran = subprocess.run([sys.executable, "-I", "-S", "-c", INSIDE, *asked], capture_output=True, check=False, text=True)
    assert not ran.returncode, ran.stderr
    seen = json.loads(ran.stdout)
    assert seen["mounted"] == [str(named)]
    assert seen["real"] == str(named)
    assert seen["read"] == [str(other), str(named)]
    assert seen["link"] == "nowhere"
    written = f"written-{other.name}"
    assert (other / written).exists()
    assert (named / written).exists()
    assert not Path("/tmp", written).exists()


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cd /tmp/p/x; python /tmp/a.py", {"p", "a.py"}),
        ("/usr/bin:/tmp/v/bin:/bin:/tmp/w", {"v", "w"}),
        ("--out=/tmp/o,/tmp/b c/x", {"o", "o,", "b c", "b"}),
        ("'/tmp/q'", {"q", "q'"}),
        ("/tmp/", set()),
        ("/tmpfoo/x", set()),
    ],
)
def test_what_of_tmp_a_container_names(text: str, names: set[str]) -> None:
    assert named_in_tmp([text]) == names
