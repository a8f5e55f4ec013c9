"""YAML whose mistakes have a place: file and line, in one sentence.

Values are taken as written: a plain ``ON``, ``NO`` or ``0700`` is text. Only ``true`` and
``false``, ``null`` and ``~``, and numbers without leading zeros are something else.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

import yaml
from pydantic import BaseModel, BeforeValidator, ValidationError

from extract.providers import MisconfiguredError

Model = TypeVar("Model", bound=BaseModel)
#: Where a value stands: mapping keys and list positions from the top.
Place = tuple[str | int, ...]


def _as_written(value: Any) -> Any:
    return str(value) if type(value) is int else value


def _filled(value: Any) -> Any:
    return {} if value is None else value


#: Text that may look like a number, such as the symbol 9988.
Text = Annotated[str, BeforeValidator(_as_written)]
#: A mapping whose entries may all be commented out.
Filled: Final = BeforeValidator(_filled)

# The C loader is ten times as fast; it is part of PyYAML where libyaml is.
_Loader: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
# Well below the depth at which the C loader crashes.
_MAX_DEPTH: Final = 20
_TAGS: Final = tuple(f"tag:yaml.org,2002:{kind}" for kind in ("str", "seq", "map"))
_WORDS: Final[Mapping[str, Any]] = {
    "": None,
    "~": None,
    "null": None,
    "true": True,
    "false": False,
}
_WHOLE_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]*)")
_NUMBER: Final = re.compile(r"-?[0-9]+\.[0-9]+")
#: What pydantic wanted, by the type of its error.
_WANTED: Final[Mapping[str, str]] = {
    "string_type": "text",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "float_type": "a number",
    "finite_number": "a number",
    "list_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
}


@dataclass(frozen=True)
class Document:
    """A YAML file that was read.

    Attributes:
        name: The file as people know it, relative to the project where it lies inside.
        content: What it says.
        lines: The line of every mapping key and list item, counted from 1.
    """

    name: str
    content: Any
    lines: Mapping[Place, int] = field(repr=False)

    def where(self, place: Place) -> str:
        """Return file and line.

        Args:
            place: Where; the nearest enclosing place with a line counts.
        """
        enclosing = (place[:n] for n in range(len(place), 0, -1))
        line = next((self.lines[outer] for outer in enclosing if outer in self.lines), 1)
        return f"{self.name}, line {line}"

    def error(self, place: Place, problem: str) -> MisconfiguredError:
        """Return an error that names file and line.

        Args:
            place: See :meth:`where`.
            problem: What is wrong there and what was expected, as a clause.
        """
        stop = "" if problem.endswith("?") else "."
        return MisconfiguredError(f"{self.where(place)}: {problem}{stop}")


def read_document(path: Path, project_dir: Path) -> Document:
    """Read a YAML file.

    Args:
        path: The file.
        project_dir: Messages name the file from here.

    Raises:
        MisconfiguredError: It cannot be read, is not YAML, or says something twice.
    """
    inside = path.is_relative_to(project_dir)
    name = str(path.relative_to(project_dir)) if inside else str(path)
    lines: dict[Place, int] = {}
    try:
        text = path.read_text(encoding="utf-8-sig")
        _check_events(text, name)
        node = yaml.compose(text, _Loader)
        content = None if node is None else _content(node, (), lines, name)
    except FileNotFoundError as error:
        raise MisconfiguredError(f"{name} is missing; restore it from git.") from error
    except OSError as error:
        raise MisconfiguredError(f"{name} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise MisconfiguredError(
            f"{name}, line {line}: it is not UTF-8; save the file as UTF-8."
        ) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        why = ", ".join(part for part in (error.context, error.problem) if part)
        raise MisconfiguredError(
            f"{name}, line {mark.line + 1 if mark else 1}: it is not YAML: {why}."
        ) from error
    except yaml.YAMLError as error:
        why = str(error).splitlines()[0].strip()
        raise MisconfiguredError(f"{name} is not YAML: {why}.") from error
    return Document(name, content, lines)


def checked(document: Document, model: type[Model]) -> Model:
    """Return a document's content as a model.

    Args:
        document: Of :func:`read_document`.
        model: A pydantic model of the whole file.

    Raises:
        MisconfiguredError: The content does not fit; the message is about its first problem.
    """
    if not isinstance(document.content, dict):
        raise document.error((), "expected a mapping that begins with `version: 1`")
    try:
        return model.model_validate(document.content)
    except ValidationError as error:
        # A misspelled key is unknown and missing at once; the first says more.
        first = min(error.errors(), key=lambda each: each["type"] != "extra_forbidden")
        problem = document.error(first["loc"], _clause(first, model))
    # Not from the error of pydantic, which shows what it saw; that may be a secret.
    raise problem


def nearest(name: str, known: Collection[str]) -> str:
    """Return a question that suggests a known name, or nothing.

    Args:
        name: What was written.
        known: What could have been meant.
    """
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


# Before anything is built: nesting crashes the C loader, and aliases may never end.
def _check_events(text: str, name: str) -> None:
    depth = 0
    for event in yaml.parse(text, _Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent):
            raise MisconfiguredError(
                f"{name}, line {line}: `*{event.anchor}` repeats what stands elsewhere, which is "
                "not known here; write it out."
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _MAX_DEPTH:
            raise MisconfiguredError(
                f"{name}, line {line}: it is nested too deeply; expected at most {_MAX_DEPTH} "
                "levels."
            )


def _content(node: yaml.Node, place: Place, lines: dict[Place, int], name: str) -> Any:
    line = node.start_mark.line + 1
    if node.tag not in _TAGS:
        raise MisconfiguredError(f"{name}, line {line}: the tag `{node.tag}` is not known here.")
    if isinstance(node, yaml.MappingNode):
        found = {}
        for key, inner, value in _entries(node, place, lines, name):
            found[key] = _content(value, inner, lines, name)
        return found
    if isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            lines[*place, number] = value.start_mark.line + 1
        return [_content(v, (*place, number), lines, name) for number, v in enumerate(node.value)]
    is_quoted = isinstance(node, yaml.ScalarNode) and node.style
    return str(node.value) if is_quoted else _value(str(node.value))


def _entries(
    node: yaml.MappingNode, place: Place, lines: dict[Place, int], name: str
) -> Iterator[tuple[str, Place, yaml.Node]]:
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise MisconfiguredError(f"{name}, line {line}: a key is no text; expected a name.")
        inner = (*place, str(key.value))
        if inner in lines:
            raise MisconfiguredError(
                f"{name}, line {line}: `{key.value}` was said in line {lines[inner]} already; "
                "expected it once."
            )
        lines[inner] = line
        yield str(key.value), inner, value


def _value(text: str) -> Any:
    if text in _WORDS:
        return _WORDS[text]
    if _WHOLE_NUMBER.fullmatch(text):
        # Python refuses to make a number of more than 4,300 digits.
        return int(text) if len(text) < 100 else text
    return float(text) if _NUMBER.fullmatch(text) else text


def _clause(problem: Any, model: type[BaseModel]) -> str:
    place, kind, seen = problem["loc"], problem["type"], problem["input"]
    key = place[-1] if place else "it"
    said = f"item {key + 1} of `{place[-2]}`" if isinstance(key, int) else f"`{key}`"
    if kind == "extra_forbidden":
        known = _known_keys(model, place[:-1])
        return f"{said} is not known here; expected some of {', '.join(known)}" + nearest(
            str(key), known
        )
    if kind == "missing":
        return f"{said} is missing"
    message: str = problem["msg"]
    if kind == "value_error":
        return f"{said} is {_shown(seen)}; expected {message.removeprefix('Value error, ')}"
    if kind == "literal_error":
        words = problem["ctx"]["expected"].replace("'", "").replace(" or ", ", ")
        one_of = "one of " if ", " in words else ""
        near = nearest(str(seen), words.split(", "))
        return f"{said} is {_shown(seen)}; expected {one_of}{words}{near}"
    wanted = _WANTED.get(kind, message.removeprefix("Input should be "))
    # What stands for a mapping may be a secret.
    shown = "a single value" if wanted == "a mapping" and _is_single(seen) else _shown(seen)
    return f"{said} is {shown}; expected {wanted}"


def _is_single(value: Any) -> bool:
    return isinstance(value, str | int | float)


def _shown(value: Any) -> str:
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return f"'{value[:60]}'"
    return (
        str(value)[:60] if _is_single(value) else f"a {_WANTED[f'{type(value).__name__}_type'][2:]}"
    )


def _known_keys(model: type[BaseModel], place: Place) -> list[str]:
    found: Any = model
    for step in place:
        within = (
            _model_within(found.model_fields[step].annotation)
            if step in found.model_fields
            else None
        )
        found = within or found
    return list(found.model_fields)


def _model_within(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    inner = (_model_within(argument) for argument in getattr(annotation, "__args__", ()))
    return next((model for model in inner if model is not None), None)
