"""How pictures look, by day and by night; every picture carries it, so that it stands alone."""

from __future__ import annotations

from typing import Final

from barhouse.drawing.elements import Svg

#: Colours of lines, in the order in which they are given out.
LINES: Final = 6

_LIGHT: Final = (
    "--bh-paper:#ffffff;--bh-ink:#18212b;--bh-soft:#566270;--bh-grid:#e4e8ed;"
    "--bh-up:#0a7b5e;--bh-down:#c0304a;--bh-volume:#b4bfcb;"
    "--bh-l0:#2459c7;--bh-l1:#b35b00;--bh-l2:#7b3fb5;--bh-l3:#007a86;--bh-l4:#a8327d;"
    "--bh-l5:#5d6b12;"
    "--bh-q0:#a9dcc9;--bh-q1:#e5dc9a;--bh-q2:#f2b54a;--bh-q3:#e0762e;--bh-q4:#a3224a;"
)
_DARK: Final = (
    "--bh-paper:#151b22;--bh-ink:#e8edf2;--bh-soft:#a3b0bd;--bh-grid:#2b343f;"
    "--bh-up:#3fc79a;--bh-down:#ff7a8a;--bh-volume:#4b5866;"
    "--bh-l0:#82adff;--bh-l1:#f2a65a;--bh-l2:#c69bf2;--bh-l3:#4fd0dc;--bh-l4:#f08ac9;"
    "--bh-l5:#c3d36a;"
    "--bh-q0:#1f5a49;--bh-q1:#7d7330;--bh-q2:#c08a2c;--bh-q3:#ee8a4a;--bh-q4:#ff6f91;"
)
_RULES: Final = (
    ".bh-svg text{font:11px system-ui,-apple-system,'Segoe UI',sans-serif;fill:var(--bh-soft);"
    "font-variant-numeric:tabular-nums}"
    ".bh-svg .bh-name{fill:var(--bh-ink)}"
    ".bh-paper{fill:var(--bh-paper)}"
    ".bh-grid{stroke:var(--bh-grid);fill:none}"
    ".bh-hit{fill:transparent}.bh-candle:hover .bh-hit,.bh-candle.bh-on .bh-hit"
    "{fill:var(--bh-ink);fill-opacity:.08}"
    ".bh-up{stroke:var(--bh-up)}.bh-up .bh-body{fill:var(--bh-paper)}"
    ".bh-down{stroke:var(--bh-down)}.bh-down .bh-body{fill:var(--bh-down)}"
    ".bh-candle .bh-hit{stroke:none}.bh-volume{fill:var(--bh-volume);stroke:none}"
    ".bh-line{fill:none;stroke-width:1.5;stroke-linejoin:round}"
    ".bh-bar{stroke:none;fill-opacity:.45}"
    + "".join(
        f".bh-l{n}{{stroke:var(--bh-l{n})}}.bh-bar.bh-l{n},.bh-svg text.bh-l{n}"
        f"{{fill:var(--bh-l{n});stroke:none}}"
        for n in range(LINES)
    )
    + "".join(f".bh-q{n}{{fill:var(--bh-q{n})}}" for n in range(5))
    + ".bh-cell:hover,.bh-cell.bh-on{stroke:var(--bh-ink);stroke-width:1.5}"
    ".bh-held{fill:var(--bh-ink);pointer-events:none}"
)

STYLE: Final = Svg(
    f"<style>.bh-svg{{{_LIGHT}}}"
    f"@media(prefers-color-scheme:dark){{.bh-svg{{{_DARK}}}}}{_RULES}</style>"
)
