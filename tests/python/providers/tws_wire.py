"""The messages of the TWS socket protocol, and the ways in which a server can get them wrong."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from market_kit import EPOCH, MadeBar, made_bars

DETAILS, BARS, CANCEL_BARS, START, HEAD, CANCEL_HEAD = 9, 20, 25, 71, 87, 90
SERVICE = "Historical Market Data Service error message:"
NO_DATA = (162, f"{SERVICE}HMDS query returned no data: AAPL@SMART Trades")
PACING = (162, f"{SERVICE}Historical data request pacing violation")
NO_PERMISSION = (162, f"{SERVICE}No market data permissions for ISLAND STK. Requested bars")
LOST = (1100, "Connectivity between IBKR and Trader Workstation has been lost.")
ID_TAKEN = (326, "Unable to connect as the client id is already in use. Retry with a unique one.")


@dataclass(frozen=True)
class Message:
    """What a client sent: the fields of one message, and on which connection."""

    kind: int
    fields: Sequence[str]
    connection: int


#: What a fault does instead of answering: it gets the writer, the message and the good answer.
Answer = Callable[[], None]
Fault = Callable[["Talk", Message, Answer], None]


@dataclass(frozen=True)
class Talk:
    """One connection, as faults see it."""

    writer: asyncio.StreamWriter

    def send(self, *fields: object) -> None:
        self.writer.write(frame(*fields))

    def error(self, number: object, code: int, text: str) -> None:
        self.send(4, 2, number, code, text, "")

    def hang_up(self) -> None:
        self.writer.close()


def number_of(message: Message) -> str:
    """The number of a request; where it stands depends on the message."""
    return message.fields[2] if message.kind == DETAILS else message.fields[1]


def error(code: int, text: str) -> Fault:
    """The request fails with an error."""
    return lambda talk, message, _answer: talk.error(number_of(message), code, text)


def notice(code: int, text: str) -> Fault:
    """An error that belongs to no request, and no answer."""
    return lambda talk, _message, _answer: talk.error(-1, code, text)


def mute(_talk: Talk, _message: Message, _answer: Answer) -> None:
    """No answer."""


def hang_up(talk: Talk, _message: Message, _answer: Answer) -> None:
    """The connection ends."""
    talk.hang_up()


def half_an_answer(talk: Talk, message: Message, _answer: Answer) -> None:
    """The connection ends in the middle of a message."""
    bars = [
        wire_bar(bar) for bar in made_bars("AAPL", EPOCH, EPOCH + timedelta(1), timedelta(hours=1))
    ]
    content = frame(*bars_fields(number_of(message), bars))
    talk.writer.write(content[: len(content) // 2])
    talk.hang_up()


def late(seconds: float) -> Fault:
    """The good answer, after a while."""
    return lambda _talk, _message, answer: asyncio.get_running_loop().call_later(seconds, answer)


def rows(*bars: Sequence[object], announced: int | None = None, cut: int = 0) -> Fault:
    """These bars instead of the good ones; ``announced`` may lie, ``cut`` drops last fields."""

    def answer(talk: Talk, message: Message, _answer: Answer) -> None:
        fields = bars_fields(number_of(message), bars, announced)
        talk.send(*fields[: len(fields) - cut])

    return answer


def bars_fields(
    number: str, bars: Sequence[Sequence[object]], announced: int | None = None
) -> list[object]:
    """The fields of message 17."""
    count = len(bars) if announced is None else announced
    head = [17, number, "20240612  09:30:00", "20240612  16:00:00", count]
    return [*head, *(value for bar in bars for value in bar)]


def frame(*fields: object) -> bytes:
    """A message as it goes over the wire."""
    content = "".join(f"{field}\0" for field in fields).encode()
    return struct.pack(">I", len(content)) + content


def wire_bar(bar: MadeBar, size: str = "1 min", *, is_fx: bool = False) -> list[object]:
    """The fields of a bar in message 17."""
    start = f"{bar.start_at:%Y%m%d}" if size == "1 day" else bar.epoch
    activity = (-1, -1, -1) if is_fx else (bar.volume, bar.vwap, bar.trade_count)
    return [start, bar.open, bar.high, bar.low, bar.close, *activity]
