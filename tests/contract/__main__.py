"""``python3 dev.py contract``: our own tests on any cluster, or a real cluster's recordings on the local one."""

from __future__ import annotations

import argparse
import sys

from tests.contract import conformance, own, recorded
from tests.contract.places import SHARED


def parser() -> argparse.ArgumentParser:
    """The command line."""
    made = argparse.ArgumentParser(prog="dev.py contract", description=__doc__)
    made.add_argument("--kubeconfig", default="", help="the cluster to test; without it, one that is started for the purpose")
    made.add_argument("--context", default="", help="a context of the kubeconfig (KUBECONFIG or ~/.kube/config if none is named)")
    made.add_argument("--recordings", action="store_true", help="play the recorded life cycles and compare")
    made.add_argument("--conformance", action="store_true", help="send the recorded requests and compare the answers")
    made.add_argument("--area", action="append", default=[], help="only this area; repeatable")
    made.add_argument("--subset", default="", help="of the recordings: fast")
    made.add_argument("--jobs", type=int, default=6, help="scenarios or rows at once")
    made.add_argument("--image", default="busybox:stable", help="image of the pods of our own suite; it needs sh")
    made.add_argument("names", nargs="*", help="scenarios, or rows of our own suite; all by default")
    return made


def main(argv: list[str] | None = None) -> int:
    """Run what was asked for; 0 if it agrees."""
    args = parser().parse_args(argv)
    if (args.recordings or args.conformance) and not SHARED.is_dir():
        print(f"the recordings are not there: {SHARED} (ARENA_SHARED names their folder)", file=sys.stderr)
        return 2
    codes = []
    if args.recordings:
        codes.append(recorded.main(args.area, args.jobs, args.subset, args.names, args.kubeconfig))
    if args.conformance:
        codes.append(conformance.main(args.area, args.names))
    if not codes:
        codes.append(own.main(args.kubeconfig, args.context, args.names, args.image, args.jobs))
    return max(codes)


if __name__ == "__main__":
    sys.exit(main())
