"""Elements of SVG and HTML, in which every text is escaped, and pictures made of them."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from barhouse.errors import BarhouseError
from barhouse.whole_files import write_whole

#: What XML has no place for, even escaped.
_UNPRINTABLE: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FORMS: Final = (".svg", ".html")


class Svg(str):
    """Text that is markup already; templates and :func:`tag` take it as it is."""

    __slots__ = ()

    def __html__(self) -> str:
        """Return itself: nothing in it is to be escaped."""
        return str(self)


@dataclass(frozen=True)
class Picture:
    """A picture that stands by itself; a notebook shows it.

    Attributes:
        title: What it shows, as plain text.
        svg: The whole ``<svg>`` element, its style in it.
    """

    title: str
    svg: Svg

    def _repr_html_(self) -> str:
        return str(self.scrolling)

    @property
    def scrolling(self) -> Svg:
        """The picture in an element that scrolls where there is no room for it."""
        return tag(
            "div",
            self.svg,
            style="overflow-x:auto",
            tabindex=0,
            role="region",
            aria_label=self.title,
        )

    def __html__(self) -> str:
        """Return the SVG, for templates."""
        return str(self.svg)

    def save(self, path: str | Path) -> Path:
        """Write the picture to a file, whole or not at all.

        Args:
            path: Ends in ``.svg``, or in ``.html`` for a page that needs nothing else.

        Returns:
            The path.

        Raises:
            BarhouseError: The path ends otherwise, or cannot be written.
        """
        place = Path(path)
        form = place.suffix.lower()
        if form not in _FORMS:
            raise BarhouseError(
                f"The picture cannot be saved as {place.name[:80]}; expected a name that ends in "
                f"{' or '.join(_FORMS)}."
            )
        write_whole(place, str(self.svg) if form == ".svg" else _page(self))
        return place


def tag(name: str, *content: object, **attributes: object) -> Svg:
    """Return an element.

    Args:
        name: Of the element.
        content: Texts, which are escaped, and elements, which are not; none is left out.
        attributes: An underscore in a name becomes a hyphen, one at its end goes; numbers are
            written with two decimals at most; none is left out.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escaped(_text(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    inner = "".join(
        part if isinstance(part, Svg) else escaped(str(part))
        for part in content
        if part is not None
    )
    return Svg(f"<{name}{given}>{inner}</{name}>" if inner else f"<{name}{given}></{name}>")


def joined(parts: list[Svg]) -> Svg:
    """Return elements one after the other.

    Args:
        parts: In order.
    """
    return Svg("".join(parts))


def escaped(text: str) -> str:
    """Return a text that means nothing to HTML or XML, within or without quotes.

    Args:
        text: Any; what cannot be printed becomes U+FFFD.
    """
    return html.escape(_UNPRINTABLE.sub("\ufffd", text), quote=True)


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.2f}".rstrip("0").rstrip(".")
    return str(value)


def _page(picture: Picture) -> str:
    head = joined(
        [
            Svg('<meta charset="utf-8">'),
            Svg('<meta name="viewport" content="width=device-width, initial-scale=1">'),
            Svg('<meta name="color-scheme" content="light dark">'),
            tag("title", picture.title),
        ]
    )
    shown = tag(
        "main", tag("h1", picture.title, style="font:600 1.1rem sans-serif"), picture.scrolling
    )
    whole = tag("html", tag("head", head), tag("body", shown), lang="en")
    return f"<!doctype html>\n{whole}\n"
