"""YAML is read as written, and what is wrong with it has a file and a line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import pytest
from pydantic import BaseModel, ConfigDict, Field

from extract.config.places import Document, Text, checked, nearest, read_document
from extract.providers import MisconfiguredError


class Member(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    symbol: Text
    kind: Literal["equity", "fund"] = "equity"
    weight: Annotated[float, Field(gt=0)] | None = None


class Club(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    version: Literal[1]
    members: list[Member] = Field(default_factory=list)
    named: dict[str, Member] = Field(default_factory=dict)


def read(folder: Path, text: str | bytes) -> Document:
    path = folder / "config" / "club.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_document(path, folder)


def refusal(folder: Path, text: str | bytes) -> str:
    with pytest.raises(MisconfiguredError) as caught:
        checked(read(folder, text), Club)
    return str(caught.value)


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("ON", "ON"),
        ("no", "no"),
        ("0700", "0700"),
        ("1e5", "1e5"),
        ("1:30", "1:30"),
        ("2026-03-08", "2026-03-08"),
        ("'1'", "1"),
        ("1", 1),
        ("-3", -3),
        ("0.5", 0.5),
        ("true", True),
        ("'true'", "true"),
        ("null", None),
        ("", None),
        ("^GSPC", "^GSPC"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_values_are_taken_as_written(tmp_path: Path, written: str, value: object) -> None:
    content = read(tmp_path, f"a: {written}\n").content
    assert content == {"a": value}
    assert type(content["a"]) is type(value)


def test_lines_are_kept_for_keys_and_items(tmp_path: Path) -> None:
    document = read(
        tmp_path, "version: 1\nmembers:\n  - symbol: A\n\n  - symbol: B\n    weight: 2\n"
    )
    assert document.lines["members",] == 2
    assert document.lines["members", 1] == 5
    assert document.lines["members", 1, "weight"] == 6
    assert document.where(("members", 1, "kind")) == "config/club.yaml, line 5"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "line 1: expected a mapping that begins with `version: 1`."),
        ("- 1\n", "line 1: expected a mapping that begins with `version: 1`."),
        ("members: []\n", "line 1: `version` is missing."),
        ("version: 2\n", "line 1: `version` is 2; expected 1."),
        (
            "version: 1\nmembers:\n  - symbol: A\n    knid: fund\n",
            (
                "line 4: `knid` is not known here; expected some of symbol, kind, weight; "
                "did you mean 'kind'?"
            ),
        ),
        (
            "version: 1\nnamed:\n  first:\n    symbl: A\n",
            (
                "line 4: `symbl` is not known here; expected some of symbol, kind, weight; "
                "did you mean 'symbol'?"
            ),
        ),
        (
            "version: 1\nmenbers: []\n",
            (
                "line 2: `menbers` is not known here; expected some of version, members, named; "
                "did you mean 'members'?"
            ),
        ),
        ("version: 1\nmembers:\n  - kind: fund\n", "line 3: `symbol` is missing."),
        (
            "version: 1\nmembers:\n  - symbol: A\n    kind: fond\n",
            "line 4: `kind` is 'fond'; expected one of equity, fund; did you mean 'fund'?",
        ),
        (
            "version: 1\nmembers:\n  - symbol: A\n    weight: 0\n",
            "line 4: `weight` is 0; expected greater than 0.",
        ),
        (
            "version: 1\nmembers:\n  - symbol: A\n    weight: true\n",
            "line 4: `weight` is true; expected a number.",
        ),
        (
            "version: 1\nmembers:\n  - symbol: [A]\n",
            "line 3: `symbol` is a list; expected text.",
        ),
        ("version: 1\nmembers:\n", "line 2: `members` is empty; expected a list."),
        ("version: 1\nmembers: {}\n", "line 2: `members` is a mapping; expected a list."),
        (
            "version: 1\nmembers:\n  - s3cret\n",
            "line 3: item 1 of `members` is a single value; expected a mapping.",
        ),
    ],
)
def test_content_that_does_not_fit_has_a_line(tmp_path: Path, text: str, sentence: str) -> None:
    assert refusal(tmp_path, text) == f"config/club.yaml, {sentence}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "version: 1\nnamed:\n  a: {symbol: A}\n  a: {symbol: B}\n",
            "line 4: `a` was said in line 3 already; expected it once.",
        ),
        ("version: 1\na: [1\n", "line 3: it is not YAML: "),
        ("version: 1\n\tb: 1\n", "line 2: it is not YAML: "),
        ("version: 1\n---\nversion: 1\n", "line 2: it is not YAML: "),
        (b"version: 1\n# caf\xe9\n", "line 2: it is not UTF-8; save the file as UTF-8."),
        ("version: 1\na: &x 1\nb: *x\n", "line 3: `*x` repeats what stands elsewhere"),
        ("version: 1\na: !!python/name:os.system\n", "line 2: the tag "),
        ("version: 1\na: !Ref x\n", "line 2: the tag `!Ref` is not known here."),
        ("version: 1\n? [a, b]\n: 1\n", "line 2: a key is no text; expected a name."),
    ],
)
def test_file_that_is_no_plain_yaml_has_a_line(
    tmp_path: Path, text: str | bytes, sentence: str
) -> None:
    assert refusal(tmp_path, text).startswith(f"config/club.yaml, {sentence}")


@pytest.mark.parametrize("depth", [21, 100_000])
def test_deep_nesting_is_refused_before_anything_is_built(tmp_path: Path, depth: int) -> None:
    assert "line 1: it is nested too deeply" in refusal(tmp_path, "[" * depth)


def test_character_that_yaml_forbids_is_told(tmp_path: Path) -> None:
    assert "config/club.yaml is not YAML" in refusal(tmp_path, "version: 1\na: \x07\n")


def test_byte_order_mark_is_no_part_of_the_first_key(tmp_path: Path) -> None:
    assert checked(read(tmp_path, b"\xef\xbb\xbfversion: 1\n"), Club).version == 1


def test_file_outside_the_project_is_named_in_full(tmp_path: Path) -> None:
    path = tmp_path / "elsewhere.yaml"
    with pytest.raises(MisconfiguredError, match=f"^{path} is missing; restore it from git"):
        read_document(path, tmp_path / "project")


def test_folder_in_place_of_a_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(MisconfiguredError, match=r"^config cannot be read: Is a directory\.$"):
        (tmp_path / "config").mkdir()
        read_document(tmp_path / "config", tmp_path)


def test_number_that_is_a_symbol_stays_text(tmp_path: Path) -> None:
    document = read(tmp_path, "version: 1\nmembers:\n  - symbol: 9988\n  - symbol: 0700\n")
    assert [member.symbol for member in checked(document, Club).members] == ["9988", "0700"]


def test_nothing_is_suggested_when_nothing_is_near() -> None:
    assert nearest("zebra", ["dow30", "sp500"]) == ""
