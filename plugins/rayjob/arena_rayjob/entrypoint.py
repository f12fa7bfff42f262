"""The command as ``spec.entrypoint``: whoever reads it, and how often, the program gets what was typed. Pure.

In HTTPMode a shell on the head reads the text. In K8sJobMode and SidecarMode KubeRay first puts it unquoted into a script of the
submitter (bash, and before it Kubernetes, which replaces ``$(NAME)`` and ``$$``), and ``ray job submit`` joins the words again: older
Ray with double quotes around each that has a blank, so that ``$`` would be replaced and quotes be lost, Ray 2.60 as a shell quotes them.
"""

from __future__ import annotations

import re
import shlex

from arena_core.lazily import pattern

#: Texts that every shell, and every joining of words, leaves as they are.
_PLAIN = pattern(r"[\w@%+:,./-]+( [\w@%+=:,./-]+)*", re.ASCII)
#: A word with a blank that means the same in single and in double quotes.
_EITHER = pattern(r"""[^"`$\\\x00-\x1f\x7f]* [^"`$\\\x00-\x1f\x7f]*""")
#: What a Python text in single quotes, and double quotes around that, would not keep.
_FRAGILE = pattern(r"""[%'"`$\\\x00-\x1f\x7f]""")
_SUBMITTED = ("K8sJobMode", "SidecarMode")


def entrypoint(line: str, shell: str, mode: str) -> str:
    """Return the entrypoint that lets ``shell`` run the line.

    >>> entrypoint("python train.py --lr 0.1", "sh", "K8sJobMode")
    'python train.py --lr 0.1'
    >>> entrypoint("cd src && python train.py", "sh", "K8sJobMode")
    "sh -c 'cd src && python train.py'"
    >>> entrypoint("echo $HOME", "sh", "HTTPMode")
    "sh -c 'echo $HOME'"
    """
    if _PLAIN.fullmatch(line):
        return line
    words = [shell, "-c", line]
    if mode in _SUBMITTED and not _EITHER.fullmatch(line):
        # Ray needs Python, so it is there; of a shell's own means none decodes without a dollar or a backslash.
        typed = ", ".join(f"'{_FRAGILE.sub(_percent, word)}'" for word in words)
        words = ["python3", "-c", f"import os, urllib.parse as u; a = [u.unquote(w) for w in ({typed})]; os.execvp(a[0], a)"]
    return shlex.join(words)


def _percent(match: re.Match[str]) -> str:
    return f"%{ord(match[0]):02X}"
