"""The SDK's REST client, set up to reach one Coinbase: which host, which key, which certificates.

The SDK speaks https to a host name and takes everything else from the environment or not at all.
Here a full URL is enough, http included, a private certificate authority holds whatever the
environment says, and a key that cannot sign is told before the first request.
"""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from coinbase.rest import RESTClient
from requests.adapters import HTTPAdapter

from extract.api.terms import Connection
from extract.providers import MisconfiguredError
from extract.sources._coinbase.faults import Rate, rate_told

DEFAULT_URL: Final = "https://api.coinbase.com"

_NO_KEY: Final = (
    "The api_secret of coinbase cannot sign requests; expected the private key as Coinbase issued "
    "it, an EC key in PEM or an Ed25519 key in Base64."
)


class LastRate(threading.local):
    """What the newest answer of this thread said about the rate limit; a response hook."""

    told: Rate | None = None

    def __call__(self, response: requests.Response, **_options: Any) -> None:
        """Note the headers of an answer, of an error as well."""
        self.told = rate_told(response.headers)


@dataclass(frozen=True)
class Client:
    """A connected SDK client; several threads may use it.

    Attributes:
        rest: The SDK's client.
        has_key: Whether requests are signed.
        rate: What the newest answer of the calling thread said.
    """

    rest: Any
    has_key: bool
    rate: LastRate


def open_client(connection: Connection) -> Client:
    """Set a client up; no request is made.

    Args:
        connection: Its endpoints ``base_url`` and ``ca_file``, and its credentials.

    Raises:
        MisconfiguredError: A setting or a credential cannot be right.
    """
    url = connection.endpoints.get("base_url") or DEFAULT_URL
    is_plain, host = _split(url)
    key, secret = _key(connection.credentials)
    _be_quiet()
    # Both are passed even when they are None: the SDK's defaults are what the environment held when
    # it was imported.
    client = _signing_client(
        api_key=key, api_secret=secret, base_url=host, timeout=connection.timeout
    )
    session: requests.Session = client.session
    adapter = _PlainAdapter if is_plain else HTTPAdapter
    session.mount(f"https://{host}/", adapter(pool_maxsize=connection.concurrency, max_retries=0))
    # Public answers may be kept for hours by a cache on the way, by their Cache-Control.
    session.headers["Cache-Control"] = "no-cache"
    _trust(session, url, connection.endpoints.get("ca_file"))
    rate = LastRate()
    session.hooks["response"].append(rate)
    return Client(client, key is not None, rate)


class _PlainAdapter(HTTPAdapter):
    """Speaks http where the SDK says https: it knows nothing else."""

    def send(self, request: requests.PreparedRequest, **options: Any) -> requests.Response:  # type: ignore[override]
        request.url = str(request.url).replace("https://", "http://", 1)
        return super().send(request, **options)


def _split(url: str) -> tuple[bool, str]:
    # Whether it is http, and what the SDK calls base_url: everything behind the scheme.
    try:
        parts = urlsplit(url)
        is_good = bool(parts.scheme in ("http", "https") and parts.hostname and parts.port != 0)
    except ValueError:
        is_good = False
    if not is_good or parts.query or parts.fragment or parts.username is not None:
        raise MisconfiguredError(
            "The base_url of coinbase is not an address of a server; "
            f"expected one such as {DEFAULT_URL} or http://127.0.0.1:8080."
        )
    return parts.scheme == "http", parts.netloc + parts.path.rstrip("/")


def _key(credentials: Mapping[str, str]) -> tuple[str | None, str | None]:
    key, secret = credentials.get("api_key") or None, credentials.get("api_secret") or None
    if (key is None) == (secret is None):
        return key, secret
    there, missing, variable = (
        ("api_secret", "api_key", "COINBASE_API_KEY")
        if key is None
        else ("api_key", "api_secret", "COINBASE_API_SECRET")
    )
    raise MisconfiguredError(
        f"coinbase has an {there} but no {missing}; set {variable} as well, or neither of the two: "
        "candles are public."
    )


def _signing_client(**options: Any) -> Any:
    if not _is_escaped(options["api_secret"] or ""):
        raise MisconfiguredError(_NO_KEY)
    try:
        client = RESTClient(**options)
        if client.is_authenticated:
            client.set_headers("GET", "/")
    except Exception as error:  # the SDK raises nothing narrower
        raise MisconfiguredError(_NO_KEY) from error
    return client


def _is_escaped(secret: str) -> bool:
    # What the SDK does to a secret first; its error would quote the whole secret.
    try:
        secret.encode().decode("unicode_escape")
    except UnicodeDecodeError:
        return False
    return True


def _trust(session: requests.Session, url: str, ca_file: str | None) -> None:
    # Proxies and certificate bundles of the environment hold as ever, but are read once, so that
    # REQUESTS_CA_BUNDLE does not outrank ca_file and a .netrc does not replace the signature.
    found = session.merge_environment_settings(url, {}, None, None, None)
    session.trust_env = False
    session.proxies.update(found["proxies"])
    session.verify = found["verify"]
    if ca_file is None:
        return
    try:
        ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise MisconfiguredError(
            f"The ca_file {ca_file} of coinbase cannot be read as certificates: {error}."
        ) from error
    session.verify = ca_file


def _be_quiet() -> None:
    # The SDK writes every error to standard error by a handler of its own; here each is told as
    # what became of a window.
    logger = logging.getLogger("coinbase.RESTClient")
    logger.handlers.clear()
    logger.setLevel(logging.CRITICAL)
