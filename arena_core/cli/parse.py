"""Turn the words of a command line into values: Go's way with flags, every problem at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from arena_core.cli.flags import FALSE_WORDS, GLOBAL_FLAGS, TRUE_WORDS, Flag, Parsed
from arena_core.contract.errors import UsageError


def nearest(word: str, known: Iterable[str]) -> str:
    """The known word that ``word`` was probably meant to be, or nothing."""
    from difflib import get_close_matches

    found = get_close_matches(word, list(known), n=1, cutoff=0.6)
    return found[0] if found else ""


def first_word(words: Sequence[str], flags: Iterable[Flag] = ()) -> tuple[Parsed, list[str]]:
    """Parse up to the first word that is no flag, by which a group chooses; return that, and the words without it."""
    first = Parser([*flags, *GLOBAL_FLAGS], stop=True).parse(words)
    at = len(words) - len(first.args)
    return first, [*words[:at], *words[at + 1 :]]


def chosen_word(words: Sequence[str], ask: str, hint: str) -> tuple[str, list[str]]:
    """Return the word by which a group chooses, and the words without it; an empty one where help is wanted or nothing is said.

    Where flags before it are wrong, ``ask`` is what it is asked with: ``serve what?``.
    """
    first, rest = first_word(words)
    if not first.args and not first.help and first.problems:
        raise UsageError(f"{ask} {first.problems[0]}", hint)
    return (first.args[0] if first.args else ""), rest


class Parser:
    """Parser of one command line.

    ``program`` is for submit: the first word that is no flag begins the program, and what follows belongs to it. A first word
    with a blank in it is a whole shell command: the flags behind it are ours, as in Arena.
    """

    def __init__(
        self, flags: Iterable[Flag], *, program: bool = False, stop: bool = False, unknown: Callable[[str], str] | None = None
    ) -> None:
        self.program = program
        self.stop = stop
        self.unknown = unknown
        self.longs: dict[str, Flag] = {}
        self.shorts: dict[str, Flag] = {}
        for flag in flags:
            for spelling in (flag.spelling, *flag.aliases, *flag.old):
                self.longs.setdefault(spelling, flag)
            if flag.short:
                self.shorts.setdefault(flag.short, flag)

    def parse(self, argv: Sequence[str]) -> Parsed:
        """Parse ``argv``; with ``stop`` only up to the first word that is no flag, which is left in ``args`` with all that follows."""
        self.result = Parsed()
        self.spelt: dict[str, str] = {}
        self.misread = False  # whether what looks like the program is probably something else
        self.words = list(argv)
        while self.words:
            word = self.words.pop(0)
            if word == "--":
                self.result.args += self.words
                self.result.dashed = True
                break
            if word in ("-h", "--help") and word[1:] not in self.shorts:
                self.result.help = True
            elif word == "--help=all":
                self.result.help = self.result.help_all = True
            elif word.startswith("--"):
                self._long(word[2:])
            elif word.startswith("-") and word != "-":
                self._short(word[1:])
            elif self._word(word):
                break
        return self.result

    def _word(self, word: str) -> bool:
        """Take a word that is no flag; true if everything behind it was taken, too."""
        self.result.args.append(word)
        if not (self.stop or (self.program and not _is_shell_text(word))):
            return False
        self.result.args += self.words
        if self.program:
            self._warn_of_ours()
        return True

    def _warn_of_ours(self) -> None:
        for word in self.words if not self.misread else ():
            name = word[2:].partition("=")[0]
            if word == "--":
                break
            if word.startswith("--") and name in self.longs:
                self.result.notes.append(
                    f"--{name} follows the program and was passed to it; put it before the program if it is meant for arena"
                )
                break

    def _long(self, text: str) -> None:
        spelling, has_value, value = text.partition("=")
        flag = self.longs.get(spelling)
        if flag is None and not has_value and (switch := self.longs.get(spelling.removeprefix("no-"))) and switch.boolean:
            self.result.values[switch.name] = False  # --no-x is --x=false
            return
        if flag is None:
            self._unknown(f"--{spelling}", bool(has_value))
            return
        if spelling in flag.old:
            self.result.notes.append(f"--{spelling} is the old name of {flag.flag}")
        self._take(flag, f"--{spelling}", value if has_value else None)

    def _short(self, text: str) -> None:
        while text:
            letter, text = text[0], text[1:]
            flag = self.shorts.get(letter)
            if flag is None:
                self._unknown(f"-{letter}", bool(text))
                return
            if not flag.boolean:
                self._take(flag, f"-{letter}", text.removeprefix("=") if text else None)
                return
            if text.startswith("="):
                self._take(flag, f"-{letter}", text[1:])
                return
            self._take(flag, f"-{letter}", None)

    def _unknown(self, spelling: str, has_value: bool) -> None:
        place = self.unknown(spelling) if self.unknown else ""
        advice = place or (self._advice(spelling.removeprefix("--")) if spelling.startswith("--") else "")
        self.result.problems.append(f"unknown flag {spelling}" + (f"; {advice}" if advice else ""))
        # Its value must not be taken for a word of the command, or the errors that follow would be misleading.
        if not has_value and len(self.words) > 1 and (not self.words[0].startswith("-") or _is_integer(self.words[0])):
            self.words.pop(0)

    def _advice(self, word: str) -> str:
        """Say which flag was probably meant."""
        from arena_core.cli.meant import meant

        shown = [name for name, flag in self.longs.items() if not flag.hidden]
        close = dict.fromkeys(self.longs[name].flag for name in meant(word, shown) or meant(word, self.longs))
        return f"did you mean {' or '.join(close)}?" if close else ""

    def _take(self, flag: Flag, spelling: str, value: str | None) -> None:
        if flag.boolean:
            self._take_switch(flag, spelling, value)
            return
        if value is None:
            if not self.words or (self.words[0].startswith("--") and len(self.words[0]) > 2):
                self.result.problems.append(f"{spelling} needs a value ({flag.value_name})")
                return
            value = self.words.pop(0)
        if flag.integer and not _is_integer(value):
            self.result.problems.append(f"{spelling}: {value!r} is not a whole number")
        elif flag.choices and not flag.repeat and value not in flag.choices:
            self.result.problems.append(f"{spelling}: {value!r} is not one of {', '.join(flag.choices)}")
        elif flag.repeat:
            current = self.result.values.setdefault(flag.name, [])
            if isinstance(current, list):
                current.append(value)
        else:
            self._set(flag, spelling, value)

    def _set(self, flag: Flag, spelling: str, value: str) -> None:
        """Take a single value; a second one that differs is refused, or said."""
        before = self.result.values.get(flag.name)
        other = self.spelt.setdefault(flag.name, spelling)
        if before is not None and before != value:
            if flag.once:
                self.result.problems.append(f"{spelling} is given twice, and can be given once only")
            elif other.lstrip("-")[1:] and spelling.lstrip("-")[1:] and other != spelling:
                self.result.problems.append(f"{spelling} conflicts with {other}={before}, which is another spelling of it")
            else:
                self.result.notes.append(f"{spelling} is given twice; the last one counts")
        self.result.values[flag.name] = value

    def _take_switch(self, flag: Flag, spelling: str, value: str | None) -> None:
        if value is None:
            self.result.values[flag.name] = True
            if self.words and self.words[0].lower() in ("true", "false"):
                word = self.words.pop(0)
                self.result.problems.append(
                    f"{spelling} {word}: a switch takes its value after '=' ({spelling}={word.lower()}); "
                    f"a program called {word} goes behind --"
                )
            elif flag.instead and len(self.words) > 1 and _looks_like_a_name(self.words[0]):
                word = self.words[0]
                self.result.problems.append(
                    f"{spelling} {word}: {spelling} is a switch here and takes no name; write {flag.instead} {word} for a queue, "
                    f"or {spelling} -- {word} if {word} is the program"
                )
                self.misread = True
        elif value.lower() in TRUE_WORDS | FALSE_WORDS:
            self.result.values[flag.name] = value.lower() in TRUE_WORDS
        else:
            self.result.problems.append(f"{spelling}: {value!r} is neither true nor false")


def _is_shell_text(word: str) -> bool:
    return any(c.isspace() for c in word)


def _looks_like_a_name(word: str) -> bool:
    """Whether a word is rather the name of an object than a program."""
    import re
    import shutil

    programs = r"python[0-9.]*|torchrun|deepspeed|accelerate|horovodrun|mpirun|bash|sh"
    return bool(re.fullmatch(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?", word)) and not re.fullmatch(programs, word) and shutil.which(word) is None


def _is_integer(text: str) -> bool:
    try:
        int(text)
    except ValueError:
        return False
    return True
