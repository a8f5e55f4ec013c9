"""How Coinbase is reached: keys, certificates, proxies, addresses."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from coinbase.rest.rest_base import RESTBase
from coinbase_kit import (
    asked,
    clear_environment,
    expected,
    fault_of,
    opened,
    window,
)
from coinbase_server import (
    API,
    CoinbaseMarket,
    make_key,
    start,
)
from tls_kit import make_certificates
from wire_kit import WireServer

from extract.api.terms import Connection
from extract.providers import MisconfiguredError
from extract.sources.coinbase import connect

KEY = make_key()


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    clear_environment(monkeypatch)


@pytest.fixture
def market() -> CoinbaseMarket:
    return CoinbaseMarket()


@pytest.fixture
def server(market: CoinbaseMarket) -> Iterator[WireServer]:
    server = start(market)
    yield server
    server.close()


def test_requests_with_a_key_are_signed(market: CoinbaseMarket, server: WireServer) -> None:
    market.key = KEY
    feed = opened(server.url, KEY)
    wanted = window()
    assert asked(feed, wanted) == expected(wanted, timedelta(minutes=1))
    assert server.requests[0].path == f"{API}/products/BTC-USD/candles"


def test_a_key_that_is_not_accepted_is_refused(market: CoinbaseMarket, server: WireServer) -> None:
    market.key = make_key()
    assert fault_of(opened(server.url, KEY), window(), attempts=3).kind == "refused"
    assert len(server.requests) == 1


def test_requests_without_a_key_are_public_whatever_the_sdk_found_in_the_environment(
    server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    defaults = (KEY.name, KEY.secret, *RESTBase.__init__.__defaults__[2:])
    monkeypatch.setattr(RESTBase.__init__, "__defaults__", defaults)
    asked(opened(server.url), window())
    assert "Authorization" not in server.requests[0].headers


@pytest.mark.parametrize(
    ("credentials", "message"),
    [
        ({"api_key": "k"}, "has an api_key but no api_secret; set COINBASE_API_SECRET as well"),
        ({"api_secret": "s"}, "has an api_secret but no api_key; set COINBASE_API_KEY as well"),
        ({"api_key": "k", "api_secret": "s3cret"}, "cannot sign requests"),
        ({"api_key": "k", "api_secret": "s3cret\\"}, "cannot sign requests"),
        ({"api_key": "k", "api_secret": "-----BEGIN s3cret"}, "cannot sign requests"),
    ],
)
def test_a_key_that_cannot_sign_is_told_and_not_shown(
    credentials: dict[str, str], message: str
) -> None:
    with pytest.raises(MisconfiguredError, match=message) as caught:
        connect(Connection({}, credentials, {}, 1, Path("unused")))
    error: BaseException | None = caught.value
    while error is not None:
        assert "s3cret" not in repr(error)
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize(
    "url",
    [
        "api.coinbase.com",
        "ftp://host",
        "https://",
        "http://host:port",
        "https://me:pw@host",
        "https://host?x=1",
    ],
)
def test_a_base_url_that_is_none_is_told(url: str) -> None:
    with pytest.raises(MisconfiguredError, match="base_url") as caught:
        opened(url)
    assert "pw" not in str(caught.value)


def test_a_base_url_may_have_a_path(server: WireServer) -> None:
    feed = opened(f"{server.url}/mirror/")
    fault_of(feed, window())
    assert server.requests[0].path == f"/mirror{API}/market/products/BTC-USD/candles"


def test_a_private_authority_holds_whatever_the_environment_says(
    tmp_path: Path, market: CoinbaseMarket, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_certificates(tmp_path / "mine", ["127.0.0.1"])
    other = make_certificates(tmp_path / "other", ["127.0.0.1"])
    market.key = KEY
    server = start(market, tls=(made.certificate, made.key))
    wanted = window()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(other.ca))
    found = asked(opened(server.url, KEY, ca_file=str(made.ca)), wanted)
    assert found == expected(wanted, timedelta(minutes=1))
    fault = fault_of(opened(server.url, KEY), wanted, attempts=3)
    assert fault.kind == "refused"
    assert fault.reason.startswith("the server's certificate is not trusted")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(made.ca))
    assert asked(opened(server.url, KEY), wanted) == found
    server.close()


@pytest.mark.parametrize("content", [None, "no certificate"])
def test_a_ca_file_that_is_none_is_told(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content:
        path.write_text(content)
    with pytest.raises(MisconfiguredError, match=r"ca\.pem of coinbase cannot be read"):
        opened("https://host", ca_file=str(path))


def test_proxies_of_the_environment_are_used(
    market: CoinbaseMarket, server: WireServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", server.url)
    wanted = window()
    assert asked(opened("http://coinbase.test"), wanted) == expected(wanted, timedelta(minutes=1))
    assert server.requests[0].target.startswith("http://coinbase.test/")


def test_a_netrc_does_not_replace_the_signature(
    tmp_path: Path,
    market: CoinbaseMarket,
    server: WireServer,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password pw\n")
    monkeypatch.setenv("NETRC", str(netrc))
    market.key = KEY
    wanted = window()
    assert asked(opened(server.url, KEY), wanted) == expected(wanted, timedelta(minutes=1))


def test_the_sdk_is_imported_when_it_is_connected_and_not_before() -> None:
    code = "import sys, extract.sources.coinbase; sys.exit('coinbase' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
