"""From the text of a CEL expression to a tree of tuples."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

#: ``(operator, operands ...)``.
Expression = tuple[Any, ...]
_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+\.\d+(?:[eE][+-]?\d+)?|\d+)u?|(?P<raw>r?)(?P<string>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<name>[A-Za-z_]\w*)|(?P<sign>&&|\|\||==|!=|<=|>=|[-+*/%!<>?:.,()\[\]{}]))"""
)
_BINARY = {"||": 1, "&&": 2, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3, "in": 3, "+": 4, "-": 4, "*": 5, "/": 5, "%": 5}
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", "'": "'", '"': '"', "`": "`", "a": "\a", "b": "\b", "f": "\f", "v": "\v", "?": "?"}
MACROS = frozenset({"all", "exists", "exists_one", "filter", "map"})


class CelError(Exception):
    """The expression failed (a missing field, a wrong type)."""


class UnsupportedError(Exception):
    """The expression uses what this CEL does not know."""


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens: list[tuple[str, Any, int]] = []
        at = 0
        while at < len(text.rstrip()):
            found = _TOKEN.match(text, at)
            if found is None:
                raise UnsupportedError(f"unexpected {text[at : at + 10]!r}")
            at = found.end()
            self._token(found)
        self.tokens.append(("end", "", at))
        self.at = 0

    def _token(self, found: re.Match[str]) -> None:
        kind = found.lastgroup or ""
        if found["string"] is not None:
            text = found["string"][1:-1]
            value = text if found["raw"] else re.sub(r"\\(.)", lambda sign: _ESCAPES.get(sign[1], sign[0]), text)
            self.tokens.append(("literal", value, found.start("string")))
        elif kind == "number":
            number = found["number"]
            self.tokens.append(("literal", float(number) if re.search("[.eE]", number) else int(number), found.start("number")))
        else:
            self.tokens.append((kind, found[kind], found.start(kind)))

    def peek(self) -> Any:
        return self.tokens[self.at][1] if self.tokens[self.at][0] in ("sign", "name") else None

    def take(self, wanted: str = "") -> tuple[str, Any, int]:
        token = self.tokens[self.at]
        if wanted and (token[0] not in ("sign", "name") or token[1] != wanted):
            raise UnsupportedError(f"expected {wanted} and found {token[1]!r}")
        self.at += 1
        return token

    def ternary(self) -> Expression:
        test = self.binary(1)
        if self.peek() != "?":
            return test
        self.take("?")
        one = self.ternary()
        self.take(":")
        return ("?", test, one, self.ternary())

    def binary(self, level: int) -> Expression:
        left = self.unary()
        while (strength := _BINARY.get(self.peek() or "", 0)) >= level:
            sign = self.take()[1]
            left = (sign, left, self.binary(strength + 1))
        return left

    def unary(self) -> Expression:
        if self.peek() in ("!", "-"):
            sign = self.take()[1]
            return ("not" if sign == "!" else "negative", self.unary())
        return self.member(self.primary())

    def member(self, target: Expression) -> Expression:
        while True:
            if self.peek() == ".":
                self.take(".")
                kind, name, place = self.take()
                if kind != "name":
                    raise UnsupportedError("optional fields are not known")
                target = ("call", name, target, self.arguments()) if self.peek() == "(" else ("field", target, name, place - 1)
            elif self.peek() == "[":
                self.take("[")
                target = ("index", target, self.ternary())
                self.take("]")
            else:
                return target

    def arguments(self) -> list[Expression]:
        self.take("(")
        found = []
        while self.peek() != ")":
            found.append(self.ternary())
            if self.peek() != ")":
                self.take(",")
        self.take(")")
        return found

    def primary(self) -> Expression:
        kind, value, _ = self.take()
        if kind == "literal":
            return ("literal", value)
        if kind == "name":
            if value in ("true", "false", "null"):
                return ("literal", {"true": True, "false": False, "null": None}[value])
            return ("call", value, None, self.arguments()) if self.peek() == "(" else ("name", value)
        if value == "(":
            found = self.ternary()
            self.take(")")
            return found
        if value == "[":
            return self.items("]")
        if value == "{":
            return self.entries()
        raise UnsupportedError(f"unexpected {value!r}")

    def items(self, end: str) -> Expression:
        found = []
        while self.peek() != end:
            found.append(self.ternary())
            if self.peek() != end:
                self.take(",")
        self.take(end)
        return ("list", found)

    def entries(self) -> Expression:
        found = []
        while self.peek() != "}":
            key = self.ternary()
            self.take(":")
            found.append((key, self.ternary()))
            if self.peek() != "}":
                self.take(",")
        self.take("}")
        return ("map", found)


_LONGEST = 10_000


@lru_cache(maxsize=1024)
def parse(text: str) -> Expression:
    """Parse an expression; raises ``UnsupportedError``."""
    if len(text) > _LONGEST:
        raise UnsupportedError(f"the expression is longer than {_LONGEST} signs")
    try:
        parser = _Parser(text)
        found = parser.ternary()
    except RecursionError:
        raise UnsupportedError("the expression nests too deeply") from None
    if parser.tokens[parser.at][0] != "end":
        raise UnsupportedError(f"unexpected {parser.tokens[parser.at][1]!r}")
    return found


def names_in(tree: Any) -> set[str]:
    """Return the variables that an expression mentions."""
    if isinstance(tree, tuple):
        if tree[:1] == ("name",):
            return {tree[1]}
        return set().union(*(names_in(part) for part in tree))
    return set().union(*(names_in(part) for part in tree)) if isinstance(tree, list) else set()
