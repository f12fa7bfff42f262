"""The command as ``spec.entrypoint``: whoever reads it, and how often, the program gets what was typed. Pure.

In HTTPMode a shell on the head reads the text. In K8sJobMode and SidecarMode KubeRay first puts it unquoted into a script of the
submitter (bash, and before it Kubernetes, which replaces ``$(NAME)`` and ``$$``), and ``ray job submit`` joins the words again with
double quotes around each that has a blank, so that ``$`` would be replaced and quotes be lost.
"""

from __future__ import annotations

import re
import shlex

from arena_core.lazily import pattern

#: Texts that every shell, and every joining of words, leaves as they are.
_PLAIN = pattern(r"[\w@%+:,./-][\w@%+:,./=-]*( [\w@%+=:,./-]+)*", re.ASCII)
#: What would not survive: quotes, backslashes, dollars, white space but single blanks.
_FRAGILE = pattern(r"""["'\\$\t\n\r\f\v]|(?<= ) |\A | \Z""")
_SUBMITTED = ("K8sJobMode", "SidecarMode")


def entrypoint(line: str, shell: str, mode: str) -> str:
    """Return the entrypoint that lets ``shell`` run the line.

    >>> entrypoint("python train.py --lr 0.1", "sh", "K8sJobMode")
    'python train.py --lr 0.1'
    >>> entrypoint("echo $HOME", "sh", "HTTPMode")
    "sh -c 'echo $HOME'"
    """
    if _PLAIN.fullmatch(line):
        return line
    if mode not in _SUBMITTED:
        return f"{shlex.quote(shell)} -c {shlex.quote(line)}"
    # No word of this has a blank or a double quote, so that joining adds none. The variables keep the decoded text one word.
    script = f"set -f; IFS=; exec {_encoded(shell)} -c {_encoded(line)}"
    return " ".join(shlex.quote(word) for word in script.split(" "))


def _encoded(text: str) -> str:
    """Return a shell's expression for the text; a newline at its end is the only thing that is lost."""
    if _PLAIN.fullmatch(text):
        return text.replace(" ", r"\ ")
    return f"$(printf %b '{_FRAGILE.sub(_octal, text)}')"


def _octal(match: re.Match[str]) -> str:
    return "".join(f"\\0{byte:03o}" for byte in match[0].encode())
