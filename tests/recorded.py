"""Recorded lives and statuses of a kind of the Training Operator, as a test class to subclass beside ``TrainingJobStatus``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, ClassVar

from arena_core.families.testing import TrainingJobStatus
from arena_core.testing.lifecycles import owned, words_of
from arena_core.testing.seen import seen


class RecordedLives(TrainingJobStatus):
    """Subclass it with ``recordings`` (patterns of files) and ``words``, and what ``TrainingJobStatus`` wants."""

    recordings: ClassVar[Sequence[str]]
    #: The table of words, as ``read_words`` returns it.
    words: ClassVar[Sequence[tuple[str, str, list[str]]]]
    #: Recordings that have no line in it.
    without_a_line: ClassVar[frozenset[str]] = frozenset()
    #: How many statuses were recorded at least, and what stands in those that a test of its own looks at.
    least: ClassVar[int] = 50
    looked_at_elsewhere: ClassVar[str] = "nothing"

    def pods_of(self, job: Any, objects: Any) -> list[Any]:
        """Return a job's pods: those that it owns."""
        return owned(objects, job)

    def status(self, job: Any, objects: Any) -> Any:
        """Return the status at a moment of a recording."""
        return self.plugin.arena_job_status(seen(job, self.pods_of(job, objects)), None)

    def _recorded(self, shared: Path) -> Iterator[str]:
        for pattern in self.recordings:
            for file in (shared / "recordings").glob(pattern):
                if any(e["kind"] == self.kind and e["type"] == "ADDED" for e in json.loads(file.read_text())["timeline"]):
                    yield file.stem

    def test_every_recorded_life_cycle_stands_in_the_table(self, shared: Path) -> None:
        """None is forgotten when the recordings are made anew."""
        recorded = set(self._recorded(shared))
        assert recorded and recorded - self.without_a_line <= {scenario for scenario, _, _ in self.words}

    def test_words_of_every_life_cycle(self, shared: Path) -> None:
        """Each moment of each recorded life is told in the words of the table."""
        told = {}
        for scenario, watched, _ in self.words:
            (file,) = (shared / "recordings").glob(f"*/{scenario}.json")
            told[scenario] = words_of(json.loads(file.read_text())["timeline"], watched, self.status)
        assert told == {scenario: expected for scenario, _, expected in self.words}

    def test_every_recorded_status_has_a_phase(self, shared: Path) -> None:
        """Each status that was ever recorded of the kind is told as what its conditions say."""
        rows = [row for row in json.loads((shared / "recordings" / "phases.json").read_text()) if row["kind"] == self.kind]
        assert len(rows) > self.least
        for row in rows:
            if self.looked_at_elsewhere not in str(row["status"]):
                self.check(row["status"])
