"""How the Polygon provider is reached, and what it never tells."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from polygon_kit import (
    aggregate,
    answer_of,
    asked,
    expected,
    fault_of,
    opened,
    window,
)
from polygon_server import (
    PolygonMarket,
    error,
    start,
)
from tls_kit import make_certificates
from wire_kit import Answer, WireServer, serving

from extract.api.feed import Feed
from extract.api.terms import Connection
from extract.providers import MisconfiguredError
from extract.sources.polygon import connect


@pytest.fixture
def market() -> PolygonMarket:
    return PolygonMarket()


@pytest.fixture
def server(market: PolygonMarket) -> Iterator[WireServer]:
    server = start(market)
    yield server
    server.close()


@pytest.fixture
def feed(server: WireServer) -> Iterator[Feed]:
    feed = opened(server.url)
    yield feed
    feed.close()


def test_importing_the_provider_imports_no_sdk() -> None:
    program = "import sys; import extract.sources.polygon; assert 'polygon' not in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_key_goes_into_the_header_and_nowhere_else(
    server: WireServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    feed = opened(server.url, "SECRETKEY")
    caplog.set_level(0)
    told = error(500, "ERROR", error="key SECRETKEY is odd")
    server.fail_next(told, Answer(told.body))
    faults = [fault_of(feed, window()) for _ in range(3)]
    assert [fault.kind for fault in faults] == ["retry", "retry", "refused"]
    request = server.requests[0]
    assert request.headers["Authorization"] == "Bearer SECRETKEY"
    seen = [request.target, *map(str, faults), caplog.text, *capfd.readouterr(), repr(feed)]
    assert not [text for text in seen if "SECRETKEY" in text]


@pytest.mark.parametrize("key", ["", "GOOD KEY", "GOODKEY\n", "GOODKEY\u00e9"])
def test_a_key_that_cannot_be_one_is_told_before_any_request(server: WireServer, key: str) -> None:
    with pytest.raises(MisconfiguredError, match="POLYGON_API_KEY") as caught:
        opened(server.url, key)
    assert "GOOD" not in str(caught.value)


@pytest.mark.parametrize(
    "url", ["api.polygon.io", "ftp://x", "http://", "http://a:b@c", "http://x:y"]
)
def test_an_address_that_cannot_be_one_is_told(url: str) -> None:
    with pytest.raises(MisconfiguredError, match="base_url"):
        opened(url)


def test_the_real_polygon_is_the_default() -> None:
    feed = connect(Connection({}, {"api_key": "k"}, {}, 5, Path("unused")))
    assert feed._rest.BASE == "https://api.polygon.io"


def test_a_path_of_a_gateway_is_kept() -> None:
    with serving(lambda _request: answer_of(aggregate())) as server:
        assert len(asked(opened(f"{server.url}/polygon/"), window())) == 1
        assert server.requests[0].path.startswith("/polygon/v2/aggs/ticker/AAPL/")


def test_a_private_authority_is_trusted_by_its_file_alone(tmp_path: Path) -> None:
    made = make_certificates(tmp_path, ["127.0.0.1"])
    server = start(tls=(made.certificate, made.key))
    assert asked(opened(server.url, ca_file=str(made.ca)), window()) == expected(window())
    fault = fault_of(opened(server.url), window())
    assert fault.kind == "failed"
    assert "certificate is not trusted" in fault.reason
    server.close()
    with pytest.raises(MisconfiguredError, match="ca_file"):
        opened(server.url, ca_file=str(tmp_path / "none.pem"))
