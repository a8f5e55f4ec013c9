"""Alpaca's own client with what it lacks: a time-out, one try per request, an ear for headers.

It imports the SDK, as ``faults`` does; nothing else here does.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any, Final, TypeVar

from alpaca.common.enums import BaseURL
from alpaca.common.exceptions import APIError
from alpaca.common.rest import RESTClient
from requests import Response
from requests.adapters import HTTPAdapter
from requests.exceptions import JSONDecodeError

from extract.api.feed import Ask
from extract.sources._alpaca.answers import broken
from extract.sources._alpaca.faults import requests_left

T = TypeVar("T")

DATA_URL: Final = BaseURL.DATA.value


def trading_url(api_key: str) -> str:
    """Return the trading host that knows a key: there is one for live and one for paper accounts.

    Args:
        api_key: Keys of live accounts begin with ``AK``.
    """
    is_live = api_key.startswith("AK")
    return BaseURL.TRADING_LIVE.value if is_live else BaseURL.TRADING_PAPER.value


class Client(RESTClient):
    """One version of one of Alpaca's interfaces; threads may share it."""

    def __init__(
        self,
        base_url: str,
        version: str,
        *,
        api_key: str,
        api_secret: str,
        timeout: float,
        ca_file: str | None,
        concurrency: int,
    ) -> None:
        """Connect nothing yet.

        Args:
            base_url: Scheme and host, e.g. ``https://data.alpaca.markets``.
            version: First part of all paths, e.g. ``v2``.
            api_key: The key's id.
            api_secret: Its secret.
            timeout: Seconds to wait for a connection, and for the server to say something.
            ca_file: PEM file of the authorities to trust, instead of the usual ones.
            concurrency: Connections to keep.
        """
        super().__init__(
            base_url.rstrip("/"), api_key, api_secret, api_version=version, raw_data=True
        )
        self._heard = threading.local()
        self._extra: dict[str, Any] = {"timeout": timeout, "hooks": {"response": self._hear}}
        if ca_file:
            # Per request, because REQUESTS_CA_BUNDLE goes before what a session trusts.
            self._extra["verify"] = ca_file
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, HTTPAdapter(pool_maxsize=concurrency))

    def fetch(self, path: str, params: Mapping[str, Any], ask: Ask) -> Any:
        """Make one GET request, to be called by ``ask``, and tell it what the headers said.

        Args:
            path: Behind the version, e.g. ``/stocks/bars``.
            params: Of the query.
            ask: Hears how many requests are left.

        Returns:
            The answer's JSON, which is something.
        """
        self._heard.headers = {}
        try:
            answer = self.get(path, dict(params))
        finally:
            left = requests_left(self._heard.headers)
            if left:
                ask.told(remaining=left[0], reset_after=left[1])
        if answer is None:
            raise broken("is empty")
        return answer

    def pages(
        self,
        path: str,
        params: Mapping[str, Any],
        read: Callable[[Any], tuple[T, str | None]],
        ask: Ask,
    ) -> Iterator[T]:
        """Yield what is on the pages of an answer, each asked for in a turn of its own.

        Args:
            path: See :meth:`fetch`.
            params: Of the first page.
            read: Makes content and the token of the next page of a page; a page that it refuses is
                asked for again like one that did not come.
            ask: Makes the requests.
        """
        token: str | None = None
        seen: set[str] = set()

        def page() -> tuple[T, str | None]:
            wanted = {**params, "page_token": token} if token else params
            content, following = read(self.fetch(path, wanted, ask))
            if following in seen:
                raise broken("has the token of a page that was there before")
            return content, following

        while True:
            content, token = ask(page)
            yield content
            if token is None:
                return
            seen.add(token)

    def find_asset(self, path: str, ask: Ask) -> Any:
        """Make one GET request for an asset; ``None`` when Alpaca says that there is none.

        Args:
            path: E.g. ``/assets/AAPL``.
            ask: See :meth:`fetch`.
        """
        try:
            return self.fetch(path, {}, ask)
        except APIError as error:
            # Another 404 means that we knock at the wrong door.
            if error.status_code == 404 and "asset not found" in str(error):
                return None
            raise

    def close(self) -> None:
        """Give the connections back."""
        self._session.close()

    def _one_request(self, method: str, url: str, opts: dict[str, Any], retry: int) -> Any:  # noqa: ARG002
        # With no try left the SDK raises 429 and 504 as it does other errors, instead of sleeping
        # for three seconds, three times, whatever the headers say.
        return super()._one_request(method, url, opts | self._extra, retry=0)

    def _hear(self, response: Response, *_given: Any, **_options: Any) -> None:
        self._heard.headers = response.headers
        # NaN is no JSON, but a bar that has it must not cost all the others.
        # The content alone: a response that refers to itself stays in memory for long.
        response.json = partial(_decoded, response.content)  # type: ignore[method-assign]


def _decoded(content: bytes, **_options: Any) -> Any:
    try:
        return json.loads(content)
    except ValueError as error:
        raise JSONDecodeError(str(error), content.decode(errors="replace"), 0) from error
