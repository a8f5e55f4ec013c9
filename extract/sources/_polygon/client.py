"""The SDK's REST client, set up to reach one Polygon: how long to wait, whom to trust.

The SDK never applies its timeouts, tries four times within a second, and tells of a refused request
by its body alone. Here every request has a timeout and is made once, and an answer that is no
success is a fault with its status and ``Retry-After``.
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

from polygon import RESTClient
from urllib3 import BaseHTTPResponse

from extract.api.feed import FaultError
from extract.api.terms import Connection
from extract.providers import MisconfiguredError
from extract.sources._polygon.answers import fault_of_answer

DEFAULT_URL: Final = "https://api.polygon.io"


def open_client(connection: Connection) -> Any:
    """Set the SDK's client up; no request is made.

    Args:
        connection: Its endpoints ``base_url`` and ``ca_file``, its credential ``api_key``.

    Raises:
        MisconfiguredError: A setting or the key cannot be right.
    """
    key = connection.credentials["api_key"]
    if not (key and key.isascii() and key.isprintable()) or " " in key:
        raise MisconfiguredError(
            "The api_key of polygon is empty or has characters that no key has; copy it to "
            "POLYGON_API_KEY again."
        )
    rest = RESTClient(
        # Passed even where it is the default: the SDK takes that from the environment on import.
        api_key=key,
        base=_base_url(connection.endpoints.get("base_url") or DEFAULT_URL),
        connect_timeout=connection.timeout,
        read_timeout=connection.timeout,
        retries=0,
    )
    rest.client.connection_pool_kw["maxsize"] = connection.concurrency
    ca_file = connection.endpoints.get("ca_file")
    if ca_file:
        rest.client.connection_pool_kw["ca_certs"] = _readable(ca_file)
    rest.client.request = _checked(rest.client.request, rest.timeout, key)
    return rest


def _checked(
    request: Callable[..., BaseHTTPResponse], timeout: Any, secret: str
) -> Callable[..., BaseHTTPResponse]:
    def once(method: str, url: str, **options: Any) -> BaseHTTPResponse:
        # False, not 0: with that a 429 would become an exception without its Retry-After. It means
        # no redirects either, so that no other host gets the key.
        response = request(method, url, timeout=timeout, retries=False, **options)
        if response.status != 200:
            raise FaultError(fault_of_answer(response, secret))
        return response

    return once


def _base_url(url: str) -> str:
    try:
        parts = urlsplit(url)
        is_good = bool(parts.scheme in ("http", "https") and parts.hostname and parts.port != 0)
    except ValueError:
        is_good = False
    if not is_good or parts.query or parts.fragment or parts.username is not None:
        raise MisconfiguredError(
            "The base_url of polygon is not an address of a server; "
            f"expected one such as {DEFAULT_URL} or http://127.0.0.1:8080."
        )
    return url.rstrip("/")


def _readable(ca_file: str) -> str:
    try:
        ssl.create_default_context(cafile=ca_file)
    except OSError as error:  # an SSLError is one as well
        raise MisconfiguredError(
            f"The ca_file {ca_file} of polygon cannot be read as certificates: {error}."
        ) from error
    return ca_file
