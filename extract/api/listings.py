"""Which instruments the symbols of a run mean: our configuration first, then the provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from extract.api.feed import Ask, Fault, FaultError, Feed, Listing, as_faults
from extract.api.terms import Terms
from extract.api.wish import Wish
from extract.config.symbols import SymbolEntry, Symbols
from extract.providers import MisconfiguredError

#: A symbol as asked for, and its listing or why there is none.
Found = tuple[str, Listing | Fault]


def wanted_listings(
    wish: Wish,
    terms: Terms,
    symbols: Symbols,
    feed: Callable[[], Feed],
    ask: Callable[[], Ask],
) -> Iterator[Found]:
    """Yield what each symbol of a run means for one provider, each listing once.

    A symbol that neither a preset nor ``config/symbols.yaml`` knows is looked up at the provider.

    Args:
        wish: Symbols and groups.
        terms: The provider's.
        symbols: Our configuration.
        feed: Connects to the provider, when it has to be asked.
        ask: Makes a caller for one symbol.

    Raises:
        MisconfiguredError: There is no such group.
    """
    seen: set[str] = set()
    for text, entry in _entries(wish, terms, symbols):
        found = _from_entry(entry, terms) if entry else _described(text, terms, feed, ask)
        if isinstance(found, Listing):
            if found.provider_symbol in seen:
                continue
            seen.add(found.provider_symbol)
        yield text, found


def _entries(
    wish: Wish, terms: Terms, symbols: Symbols
) -> Iterator[tuple[str, SymbolEntry | None]]:
    for text in wish.symbols:
        yield text, _known(text, terms, symbols)
    for group in wish.groups:
        offered = [e for e in symbols.group(group) if e.asset_class in terms.price_basis]
        if not offered:
            raise MisconfiguredError(
                f"{terms.name} offers nothing of '{group}'; it has "
                f"{', '.join(terms.price_basis)} only."
            )
        for entry in offered:
            yield entry.symbol, entry


def _known(text: str, terms: Terms, symbols: Symbols) -> SymbolEntry | None:
    # A user may type either spelling, BTC/USD or Coinbase's BTC-USD.
    spellings = [text, *(terms.unspell(text, asset_class) for asset_class in terms.price_basis)]
    entries = [entry for spelling in spellings if (entry := symbols.find(spelling))]
    offered = [entry for entry in entries if entry.asset_class in terms.price_basis]
    return next(iter(offered or entries), None)


def _from_entry(entry: SymbolEntry, terms: Terms) -> Listing | Fault:
    if entry.asset_class not in terms.price_basis:
        offered = ", ".join(terms.price_basis)
        return Fault("failed", f"{terms.name} has no {entry.asset_class}; it has {offered}")
    spelled = entry.spellings.get(terms.name) or terms.spell(entry.symbol, entry.asset_class)
    return Listing(
        symbol=entry.symbol,
        provider_symbol=spelled,
        asset_class=entry.asset_class,
        exchange=entry.exchange,
        currency=entry.currency,
        name=entry.name,
    )


def _described(
    text: str, terms: Terms, feed: Callable[[], Feed], ask: Callable[[], Ask]
) -> Listing | Fault:
    unknown = Fault(
        "failed",
        f"'{text}' is in no preset and not in config/symbols.yaml, and {terms.name} does not list "
        "it; correct the symbol or add it to config/symbols.yaml",
    )
    for asset_class in _likely_classes(text, terms):
        connected = feed()
        try:
            with as_faults(connected):
                listing = connected.describe(terms.spell(text, asset_class), asset_class, ask())
        except FaultError as error:
            if error.fault.kind == "failed":
                continue
            return error.fault
        if listing is not None:
            return listing
    return unknown


def _likely_classes(text: str, terms: Terms) -> Sequence[str]:
    pairs = [name for name in terms.price_basis if name in ("crypto", "fx")]
    # Equities and funds are one list at every provider.
    stocks = [name for name in terms.price_basis if name not in pairs][:1]
    looks_like_pair = any(mark in text for mark in "/:-")
    return [*pairs, *stocks] if looks_like_pair else [*stocks, *pairs]
