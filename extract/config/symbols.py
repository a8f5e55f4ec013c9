"""Symbols, universes and presets: ``config/symbols.yaml`` and ``config/presets``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from extract.config.names import refuse_misspelled
from extract.config.places import Document, Filled, Place, Text, checked, nearest, read_document
from extract.exchanges import read_exchanges
from extract.landing import symbol_problem
from extract.providers import MisconfiguredError

AssetClass = Literal["equity", "etf", "crypto", "fx", "index"]


def _currency(text: str) -> str:
    if not (text.isascii() and text.isalnum() and text.isupper() and len(text) <= 10):
        raise ValueError("a code in capitals, such as USD")
    return text


def _day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError as error:
        raise ValueError("a date as YYYY-MM-DD") from error
    return text


Currency = Annotated[Text, AfterValidator(_currency)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class SymbolEntry(_Strict):
    """What we know of a symbol before any provider is asked.

    Attributes:
        symbol: Our spelling, e.g. ``BRK.B``.
        asset_class: One of :data:`extract.landing.ASSET_CLASSES`.
        exchange: A code of ``seeds/exchanges.csv``.
        currency: What its prices are in.
        name: Its name.
        spellings: Provider to its spelling, where that does not follow the provider's rule.
    """

    symbol: Text
    asset_class: AssetClass
    exchange: Text
    currency: Currency
    name: Text | None = None
    spellings: Annotated[dict[str, Text], Filled] = Field(default_factory=dict)


class _SymbolsFile(_Strict):
    version: Literal[1]
    symbols: list[SymbolEntry] | None = None
    universes: Annotated[dict[str, list[Text]], Filled] = Field(default_factory=dict)


class _PresetFile(_Strict):
    version: Literal[1]
    name: Text
    as_of: Annotated[Text, AfterValidator(_day)]
    source: Text
    asset_class: AssetClass
    currency: Currency
    symbols: dict[str, list[Text]]


@dataclass(frozen=True)
class _Stated:
    """An entry and where it stands."""

    entry: SymbolEntry
    document: Document
    place: Place

    @property
    def facts(self) -> tuple[str, str, str]:
        entry = self.entry
        return entry.asset_class, entry.exchange, entry.currency

    def error(self, problem: str) -> MisconfiguredError:
        return self.document.error(self.place, problem)


class Symbols:
    """All symbols of the configuration; files are read and checked when one is needed."""

    def __init__(self, project_dir: Path) -> None:
        """Read nothing yet.

        Args:
            project_dir: The project's folder.
        """
        self._project_dir = project_dir
        self._folder = project_dir / "config" / "presets"

    @property
    def preset_names(self) -> list[str]:
        """The presets there are."""
        return sorted(path.stem for path in self._folder.glob("*.yaml"))

    @property
    def universe_names(self) -> list[str]:
        """The universes of ``config/symbols.yaml``."""
        return sorted(self._file.universes)

    def find(self, symbol: str) -> SymbolEntry | None:
        """Return what is known of a symbol, if anything.

        Args:
            symbol: Our spelling.

        Raises:
            MisconfiguredError: The files are wrong or contradict each other.
        """
        stated = self._all.get(symbol)
        return stated.entry if stated else None

    def preset(self, name: str) -> list[SymbolEntry]:
        """Return the symbols of a preset, in its order.

        Args:
            name: E.g. ``dow30``.

        Raises:
            MisconfiguredError: There is no such preset, or the files are wrong.
        """
        if name not in self._presets:
            raise _unknown("preset", name, self.preset_names)
        return [self._all[stated.entry.symbol].entry for stated in self._presets[name]]

    def universe(self, name: str) -> list[SymbolEntry]:
        """Return the symbols of a universe, in its order.

        Args:
            name: One of ``universes`` in ``config/symbols.yaml``.

        Raises:
            MisconfiguredError: There is no such universe, or it names a symbol nobody knows.
        """
        if name not in self._file.universes:
            raise _unknown("universe", name, self.universe_names)
        return list(self._members(name, self._file.universes[name]))

    def group(self, name: str) -> list[SymbolEntry]:
        """Return the symbols of a universe or a preset, in its order.

        Args:
            name: E.g. ``dow30``.

        Raises:
            MisconfiguredError: There is none of that name; see :meth:`preset`, :meth:`universe`.
        """
        if name in self._file.universes:
            return self.universe(name)
        known = [*self.universe_names, *self.preset_names]
        if name not in known:
            raise _unknown("universe or preset", name, known)
        return self.preset(name)

    @cached_property
    def _document(self) -> Document:
        path = self._project_dir / "config" / "symbols.yaml"
        if not path.is_file():
            return Document("config/symbols.yaml", {"version": 1}, {})
        return read_document(path, self._project_dir)

    @cached_property
    def _file(self) -> _SymbolsFile:
        file = checked(self._document, _SymbolsFile)
        for name in file.universes:
            if name in self.preset_names:
                raise self._document.error(
                    ("universes", name),
                    f"a universe and a preset are called '{name}'; give the universe another name",
                )
        return file

    @cached_property
    def _exchanges(self) -> Sequence[str]:
        seed = self._project_dir / "seeds" / "exchanges.csv"
        return [exchange.exchange for exchange in read_exchanges(seed)]

    @cached_property
    def _all(self) -> Mapping[str, _Stated]:
        found: dict[str, _Stated] = {}
        for file in (self._own, *self._presets.values()):
            for stated in file:
                # What config/symbols.yaml adds, such as spellings, holds in presets, too.
                known = found.setdefault(stated.entry.symbol, stated)
                if known.facts != stated.facts:
                    raise known.error(
                        f"`{known.entry.symbol}` is {_told(known)}, but {_told(stated)} in "
                        f"{stated.document.where(stated.place)}; expected the same in both"
                    )
        return found

    @cached_property
    def _own(self) -> Sequence[_Stated]:
        entries = self._file.symbols or []
        return self._checked(
            _Stated(entry, self._document, ("symbols", number))
            for number, entry in enumerate(entries)
        )

    @cached_property
    def _presets(self) -> Mapping[str, Sequence[_Stated]]:
        return {name: self._checked(self._read_preset(name)) for name in self.preset_names}

    def _read_preset(self, name: str) -> Iterator[_Stated]:
        document = read_document(self._folder / f"{name}.yaml", self._project_dir)
        preset = checked(document, _PresetFile)
        if preset.name != name:
            raise document.error(
                ("name",), f"`name` is '{preset.name[:60]}'; expected '{name}' as the file's name"
            )
        for exchange, symbols in preset.symbols.items():
            for number, symbol in enumerate(symbols):
                entry = SymbolEntry(
                    symbol=symbol,
                    asset_class=preset.asset_class,
                    exchange=exchange,
                    currency=preset.currency,
                )
                yield _Stated(entry, document, ("symbols", exchange, number))

    def _checked(self, file: Iterator[_Stated]) -> Sequence[_Stated]:
        seen: dict[str, _Stated] = {}
        for stated in file:
            entry = stated.entry
            for spelling in (entry.symbol, *entry.spellings.values()):
                if problem := symbol_problem(spelling):
                    raise stated.error(f"'{spelling[:64]}' is no symbol: {problem}")
            for name in entry.spellings:
                refuse_misspelled(stated.document, (*stated.place, "spellings", name))
            if entry.exchange not in self._exchanges:
                raise stated.document.error(
                    (*stated.place, "exchange"),
                    f"`exchange` is '{entry.exchange[:60]}'; expected one of "
                    f"{', '.join(self._exchanges)}{nearest(entry.exchange, self._exchanges)}",
                )
            if entry.symbol in seen:
                first = seen[entry.symbol]
                raise stated.error(
                    f"`{entry.symbol}` was said in {first.document.where(first.place)} already; "
                    "expected it once"
                )
            seen[entry.symbol] = stated
        return list(seen.values())

    def _members(self, universe: str, symbols: Sequence[str]) -> Iterator[SymbolEntry]:
        for number, symbol in enumerate(symbols):
            if symbol not in self._all:
                raise self._document.error(
                    ("universes", universe, number),
                    f"'{symbol[:64]}' is in no preset and not under `symbols`; add it there"
                    f"{nearest(symbol, self._all)}",
                )
            yield self._all[symbol].entry


def load_symbols(project_dir: Path) -> Symbols:
    """Return the symbols of a project; its files are read and checked as they are needed.

    Args:
        project_dir: The project's folder.
    """
    return Symbols(project_dir)


def _unknown(kind: str, name: str, known: Sequence[str]) -> MisconfiguredError:
    expected = f"expected one of {', '.join(known)}" if known else "there are none"
    return MisconfiguredError(
        f"There is no {kind} '{name[:40]}'; {expected}{nearest(name, known) or '.'}"
    )


def _told(stated: _Stated) -> str:
    asset_class, exchange, currency = stated.facts
    return f"{asset_class} of {exchange} in {currency}"
