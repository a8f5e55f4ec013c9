"""The YAML that describes files, read with line numbers so every mistake can be pointed at."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from dataclasses import MISSING, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final, NoReturn

import yaml
from yaml import MappingNode, Node, ScalarNode, SequenceNode

from extract.providers import MisconfiguredError
from extract.sources._files.entry import COLUMNS, EntryError, FileEntry, format_of
from extract.sources._files.load import with_format

_FIELDS: Final = tuple(field for field in fields(FileEntry) if field.name != "provider")
_KEYS: Final = tuple(field.name for field in _FIELDS)
_REQUIRED: Final = tuple(field.name for field in _FIELDS if field.default is MISSING)
_FLAGS: Final = ("header", "final")
_BOOL_TAG: Final = "tag:yaml.org,2002:bool"
_INT_TAG: Final = "tag:yaml.org,2002:int"
_TRUE: Final = ("true", "yes", "on")


@dataclass(frozen=True)
class DescribedFile:
    """A file and how to read it.

    Attributes:
        entry: Its entry, with the format settled.
        path: The file.
        source: Its path from the YAML's folder, with forward slashes.
    """

    entry: FileEntry
    path: Path
    source: str


def load_config(config: Path) -> list[DescribedFile]:
    """Read the YAML and find the files it names, in its order, a glob's by name.

    Args:
        config: Path of the YAML; the paths in it are relative to its folder.

    Raises:
        MisconfiguredError: One sentence with file and line of the first mistake.
    """
    return list(_Config(config).files())


class _Config:
    """One YAML file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def files(self) -> Iterator[DescribedFile]:
        """All files of all entries."""
        top = self._mapping(self._root(), "the file", ("version", "files"))
        self._check_version(top)
        if "files" not in top:
            self._fail(None, "files is missing; expected a list with one entry per file.")
        listed = top["files"]
        if not isinstance(listed, SequenceNode) or not listed.value:
            self._fail(
                listed, f"files is {_seen(listed)}; expected a list with one entry per file."
            )
        for node in listed.value:
            yield from self._entry(node)

    def _fail(self, node: Node | None, sentence: str) -> NoReturn:
        line = node.start_mark.line + 1 if node is not None else 1
        raise MisconfiguredError(f"{self.path}, line {line}: {sentence}")

    def _root(self) -> Node:
        try:
            with self.path.open(encoding="utf-8-sig") as file:
                loader = yaml.SafeLoader(file)
                try:
                    node: Node | None = loader.get_single_node()
                finally:
                    loader.dispose()
        except OSError as error:
            why = error.strerror or error
            raise MisconfiguredError(f"{self.path} cannot be opened: {why}.") from error
        except UnicodeDecodeError as error:
            raise MisconfiguredError(f"{self.path} is not UTF-8; save it as UTF-8.") from error
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            what = error.problem or error.context or "it cannot be parsed"
            raise MisconfiguredError(
                f"{self.path}, line {line}: not valid YAML: {what}."
            ) from error
        except (yaml.YAMLError, RecursionError) as error:
            what = str(error).splitlines()[0] if str(error) else "it cannot be parsed"
            raise MisconfiguredError(f"{self.path} is not valid YAML: {what}.") from error
        if node is None:
            self._fail(None, "the file is empty; expected version: 1 and a list files.")
        return node

    # The values of a mapping by key, checked against the keys there are.
    def _mapping(self, node: Node, what: str, known: tuple[str, ...]) -> dict[str, Node]:
        if not isinstance(node, MappingNode):
            self._fail(node, f"{what} is {_seen(node)}; expected a mapping of keys to values.")
        merged: dict[str, Node] = {}
        values: dict[str, Node] = {}
        for key_node, value in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                parts = value.value if isinstance(value, SequenceNode) else [value]
                for part in reversed(parts):
                    merged.update(self._mapping(part, what, known))
                continue
            key = key_node.value if isinstance(key_node, ScalarNode) else _seen(key_node)
            if key not in known:
                near = get_close_matches(str(key), known, n=1)
                hint = f"did you mean '{near[0]}'?" if near else f"expected {', '.join(known)}."
                self._fail(key_node, f"{what} has the unknown key '{key}'; {hint}")
            if key in values:
                self._fail(key_node, f"{what} has the key '{key}' twice; keep one.")
            values[key] = value
        return {**merged, **values}

    def _check_version(self, top: dict[str, Node]) -> None:
        node = top.get("version")
        if node is None:
            self._fail(None, "version is missing; expected version: 1.")
        if not isinstance(node, ScalarNode) or node.value != "1":
            self._fail(node, f"version is {_seen(node)}; expected 1.")

    def _entry(self, node: Node) -> Iterator[DescribedFile]:
        nodes = self._mapping(node, "the entry", _KEYS)
        for key in _REQUIRED:
            if key not in nodes:
                self._fail(node, f"the entry has no {key}; add it.")
        values: dict[str, Any] = {key: self._value(key, value) for key, value in nodes.items()}
        values.setdefault("format", format_of(values["path"]))
        columns = {
            f"columns.{name}": value
            for name, value in self._mapping(nodes["columns"], "columns", COLUMNS).items()
        }
        try:
            entry = FileEntry(**values)
            for path in self._paths(entry.path, nodes["path"]):
                settled = with_format(entry, path.name)
                yield DescribedFile(settled, path, self._source(path))
        except EntryError as error:
            self._fail({**nodes, **columns}.get(error.key, node), str(error))

    def _value(self, key: str, node: Node) -> object:
        if key == "columns":
            found = self._mapping(node, "columns", COLUMNS)
            return {name: self._column(name, value) for name, value in found.items()}
        text = self._text(key, node)
        if key in _FLAGS:
            if node.tag != _BOOL_TAG:
                self._fail(node, f"{key} is {_seen(node)}; expected true or false.")
            return text.lower() in _TRUE
        return text

    def _column(self, name: str, node: Node) -> str | int:
        text = self._text(f"columns.{name}", node)
        return int(text) if node.tag == _INT_TAG and text.isdecimal() else text

    # Texts are taken as written, so the symbol ON or 0700 stays what it is.
    def _text(self, key: str, node: Node) -> str:
        if not isinstance(node, ScalarNode):
            self._fail(node, f"{key} is {_seen(node)}; expected a single value.")
        text = str(node.value)
        if not text:
            self._fail(node, f"{key} is empty; give it a value or remove the key.")
        return text

    def _paths(self, pattern: str, node: Node) -> list[Path]:
        folder = self.path.parent
        literal = folder / pattern
        if literal.is_file():
            return [literal]
        names = sorted(glob.glob(pattern, root_dir=folder, recursive=True))  # noqa: PTH207 - absolute
        found = [folder / name for name in names if (folder / name).is_file()]
        if not found:
            self._fail(node, f"no file matches path '{pattern}' in {folder.resolve()}.")
        return found

    def _source(self, path: Path) -> str:
        if path.is_relative_to(self.path.parent):
            return path.relative_to(self.path.parent).as_posix()
        return path.as_posix()


def _seen(node: Node) -> str:
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list" if node.value else "an empty list"
    return f"'{node.value}'" if node.value else "empty"
