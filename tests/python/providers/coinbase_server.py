"""A made-up Coinbase: candles and products of the Advanced Trade API, public and signed.

It answers for every product but the unknown ones, newest first, numbers as text, ``start`` and
``end`` both inclusive, and refuses 350 buckets; errors look as Coinbase's do.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from market_kit import EPOCH, MadeBar, made_bars
from wire_kit import Answer, Request, Weather, WireServer

API = "/api/v3/brokerage"
STEPS = {
    "ONE_MINUTE": 60,
    "FIVE_MINUTE": 300,
    "FIFTEEN_MINUTE": 900,
    "THIRTY_MINUTE": 1800,
    "ONE_HOUR": 3600,
    "TWO_HOUR": 7200,
    "FOUR_HOUR": 14400,
    "SIX_HOUR": 21600,
    "ONE_DAY": 86400,
}
TOO_MANY = Answer({"error": "rate_limit_exceeded", "message": "Too many requests"}, 429)
NO_SCOPE = Answer(
    {"error": "PERMISSION_DENIED", "error_details": "Missing required scopes", "message": "denied"},
    403,
)
#: The envelope of an error with the status of a success.
ENVELOPE = Answer({"error": "INTERNAL", "message": "something went wrong"})


@dataclass(frozen=True)
class Key:
    """A key as Coinbase issues it: its name, and an EC private key in PEM."""

    name: str
    secret: str
    public: ec.EllipticCurvePublicKey


def make_key() -> Key:
    """A new key, and no server's yet."""
    private = ec.generate_private_key(ec.SECP256R1())
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    name = f"organizations/barhouse/apiKeys/{secrets.token_hex(4)}"
    return Key(name, pem.decode(), private.public_key())


def candle_of(bar: MadeBar) -> dict[str, str]:
    """A made-up bar as Coinbase writes it; the volume has eight decimals."""
    return {
        "start": str(bar.epoch),
        "low": str(bar.low),
        "high": str(bar.high),
        "open": str(bar.open),
        "close": str(bar.close),
        "volume": f"{Decimal(bar.volume).scaleb(-8):f}",
    }


def product_of(product_id: str, **changes: Any) -> dict[str, Any]:
    """A spot product as Coinbase lists it."""
    base, _, quote = product_id.partition("-")
    return {
        "product_id": product_id,
        "price": "67000.5",
        "base_increment": "0.00000001",
        "quote_increment": "0.01",
        "base_name": {"BTC": "Bitcoin", "ETH": "Ethereum"}.get(base, base.title()),
        "quote_name": {"USD": "US Dollar", "EUR": "Euro"}.get(quote, quote),
        "is_disabled": False,
        "status": "online",
        "trading_disabled": False,
        "product_type": "SPOT",
        "quote_currency_id": quote,
        "base_currency_id": base,
        "alias": "",
        "display_name": product_id,
        **changes,
    }


LISTED = (
    product_of("BTC-USD"),
    product_of("ETH-USD"),
    product_of("SOL-USD"),
    product_of("BTC-EUR"),
    product_of("OLD-USD", status="delisted", trading_disabled=True),
)


@dataclass
class CoinbaseMarket:
    """The handler of a made-up Coinbase.

    Attributes:
        key: Whose signatures the signed endpoints accept.
        listed: Its product list, in order.
        unknown: Products it does not know; it knows every other.
        without_trades: Products it knows that never traded.
        largest_page: Most products of one page, whatever is asked for.
        is_end_inclusive: Whether the bucket that starts at ``end`` comes along.
        headers: Sent with every answer.
    """

    key: Key | None = None
    listed: Sequence[dict[str, Any]] = LISTED
    unknown: Collection[str] = ("NOPE-USD",)
    without_trades: Collection[str] = ()
    largest_page: int = 1000
    is_end_inclusive: bool = True
    headers: Mapping[str, str] = field(default_factory=dict)

    def __call__(self, request: Request) -> Answer:
        answer = self._answer(request)
        return Answer(answer.body, answer.status, {**self.headers, **answer.headers})

    def _answer(self, request: Request) -> Answer:
        path = request.path
        if path.startswith(f"{API}/market/"):
            path = path.removeprefix(f"{API}/market/")
        elif path.startswith(f"{API}/products/"):
            if not self._is_signed(request):
                return Answer("Unauthorized\n", 401, {"Content-Type": "text/plain"})
            path = path.removeprefix(f"{API}/")
        else:
            return Answer("404 page not found\n", 404, {"Content-Type": "text/plain"})
        match [unquote(part) for part in path.split("/")]:
            case ["products"]:
                return self._products(request.query)
            case ["products", product_id]:
                return self._product(product_id)
            case ["products", product_id, "candles"]:
                return self._candles(product_id, request.query)
        return _error(404, "NOT_FOUND", "unknown path")

    def _is_signed(self, request: Request) -> bool:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if self.key is None or scheme != "Bearer":
            return False
        try:
            claims = jwt.decode(token, self.key.public, algorithms=["ES256"], issuer="cdp")
        except jwt.InvalidTokenError:
            return False
        headers = jwt.get_unverified_header(token)
        return (
            claims["uri"] == f"{request.method} {request.headers['Host']}{request.path}"
            and claims["sub"] == headers["kid"] == self.key.name
            and bool(headers["nonce"])
        )

    def _products(self, query: Mapping[str, str]) -> Answer:
        offset = int(query.get("offset", 0))
        limit = min(int(query.get("limit", self.largest_page)), self.largest_page)
        kinds = [query["product_type"]] if "product_type" in query else ["SPOT"]
        wanted = [one for one in self.listed if one["product_type"] in kinds]
        page = wanted[offset : offset + limit]
        return Answer({"products": page, "num_products": len(page)})

    def _product(self, product_id: str) -> Answer:
        if product_id in self.unknown:
            return _error(404, "NOT_FOUND", f"Product {product_id} not supported")
        known = {one["product_id"]: one for one in self.listed}
        return Answer(known.get(product_id) or product_of(product_id))

    def _candles(self, product_id: str, query: Mapping[str, str]) -> Answer:
        if product_id in self.unknown:
            return _error(404, "NOT_FOUND", "valid product_id is required")
        if query.get("granularity") not in STEPS:
            return _error(400, "INVALID_ARGUMENT", "valid granularity is required")
        seconds = STEPS[query["granularity"]]
        start, end = int(query["start"]), int(query["end"])
        if (end - start) // seconds + 1 >= 350:
            return _error(
                400,
                "INVALID_ARGUMENT",
                "start and end argument is invalid - number of candles requested should be less "
                "than 350",
            )
        if product_id in self.without_trades:
            return Answer({"candles": []})
        bars = made_bars(
            product_id.replace("-", "/"),
            EPOCH + timedelta(seconds=start),
            EPOCH + timedelta(seconds=end + self.is_end_inclusive),
            timedelta(seconds=seconds),
        )
        return Answer({"candles": [candle_of(bar) for bar in reversed(list(bars))]})


def start(
    market: CoinbaseMarket | None = None,
    tls: tuple[Path, Path] | None = None,
    weather: Weather | None = None,
) -> WireServer:
    """Start a made-up Coinbase; its ``url`` is the provider's ``base_url``."""
    return WireServer(market or CoinbaseMarket(), tls=tls, weather=weather)


def _error(status: int, error: str, message: str) -> Answer:
    return Answer({"error": error, "error_details": message, "message": message}, status)
