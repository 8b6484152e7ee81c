"""Saved segments of a base: `segments.json` beside `base.json`, swapped by an atomic rename.

A reader sees one whole state of the file. Writers wait for each other, each goes on from what the one before wrote, and one killed at any
moment has changed nothing. The file is for people and git too: names in order, one rule a name, in the JSON of `document`.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from kogorta.kit.errors import InputError
from kogorta.segments.rules.book import SegmentBook
from kogorta.segments.rules.document import VERSION, from_document, to_document
from kogorta.segments.rules.leaves import InSegment, check_text
from kogorta.segments.rules.tree import leaves_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from kogorta.segments.rules.tree import Node

SEGMENTS_FILE: Final = "segments.json"
MOST_SEGMENTS: Final = 10_000


@dataclass(frozen=True)
class SavedSegments:
    """The saved segments of one base.

    Args:
        folder: the folder of the base.

    Example:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from kogorta.segments.rules.formula import parse_formula
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     saved = SavedSegments(Path(folder))
        ...     saved.save("adults", parse_formula("age >= 18"))
        ...     list(saved.book().rules)
        ['adults']
    """

    folder: Path

    def book(self) -> SegmentBook:
        """All of them, names in order; empty when nothing was saved.

        Raises:
            InputError: the file cannot be read, or its segments refer to each other in a circle.
        """
        path = self.folder / SEGMENTS_FILE
        try:
            text = path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return SegmentBook({})
        except UnicodeDecodeError as error:
            raise InputError("{path} cannot be read as saved segments; restore it from a copy.", path=path) from error
        try:
            document = json.loads(text)
            version, rules = document["version"], document["segments"]
            if version != VERSION:
                raise InputError(
                    "{path} has version {found}; this program reads version {version}.", path=path, found=version, version=VERSION
                )
            return SegmentBook({name: from_document(rules[name], f"{SEGMENTS_FILE}: {name}") for name in sorted(rules)})
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            if isinstance(error, InputError):
                raise
            raise InputError("{path} cannot be read as saved segments; restore it from a copy.", path=path) from error

    def save(self, name: str, rule: Node) -> Node | None:
        """Keep a rule under a name, in the place of an earlier one.

        Args:
            name: any text of up to 1,000 characters; spaces around it do not count.
            rule: the tree.

        Returns:
            The rule that was there before; None when the name is new.

        Raises:
            InputError: the name is empty, or the rule refers to itself through others, or to a segment that is not saved.
        """
        name = check_text(InputError("The name of a segment"), name).strip()
        with self._writing():
            book = self.book()
            book.check(rule, name)
            if name not in book.rules and len(book.rules) >= MOST_SEGMENTS:
                raise InputError("There are {count} saved segments already; delete one first.", count=len(book.rules))
            self._write({**book.rules, name: rule})
            return book.rules.get(name)

    def delete(self, name: str) -> Node:
        """Forget a segment.

        Returns:
            The rule it had.

        Raises:
            InputError: there is no such segment, or others refer to it.
        """
        with self._writing():
            book = self.book()
            rule = book.rule(name)
            users = [other for other, tree in book.rules.items() if any(leaf == InSegment(name) for leaf in leaves_of(tree))]
            if users:
                raise InputError(
                    "Segment {name!r} is used by {names}; change or delete those first.",
                    name=name,
                    names=", ".join(map(repr, users[:10])),
                )
            self._write({other: tree for other, tree in book.rules.items() if other != name})
            return rule

    @contextmanager
    def _writing(self) -> Iterator[None]:
        import fcntl

        with (self.folder / ".segments.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            try:
                yield
            finally:
                fcntl.flock(lock, fcntl.LOCK_UN)

    def _write(self, rules: Mapping[str, Node]) -> None:
        path = self.folder / SEGMENTS_FILE
        document = {"version": VERSION, "segments": {name: to_document(rules[name]) for name in sorted(rules)}}
        temporary = path.with_name(f".{SEGMENTS_FILE}.new")
        with temporary.open("w", encoding="utf-8") as stream:
            json.dump(document, stream, ensure_ascii=False, indent=1)
            stream.write("\n")
            stream.flush()
            os.fsync(stream.fileno())
        temporary.replace(path)
        directory = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
