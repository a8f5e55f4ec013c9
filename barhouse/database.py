"""Which database is in use, and how to reach it in each role."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg import conninfo

from barhouse import embedded
from barhouse.errors import BarhouseError
from extract.settings import Settings

ROLES = ("loader", "transformer", "analyst")


@dataclass(frozen=True)
class Warehouse:
    """A database to work with.

    Attributes:
        admin_url: URL as given, or of the embedded database; holds a password, so never log it.
        is_embedded: Whether it is the embedded database.
    """

    admin_url: str
    is_embedded: bool

    def url(self, role: str | None = None) -> str:
        """Return the URL that acts in a role.

        Args:
            role: One of ``loader``, ``transformer``, ``analyst``; none for the login itself.
        """
        if role is None:
            return self.admin_url
        parts = urlsplit(self.admin_url)
        query = dict(parse_qsl(parts.query))
        # No blank after -c: some clients write a blank as '+', which libpq does not read back.
        query["options"] = f"{query.get('options', '')} -crole={role}".strip()
        return urlunsplit(parts._replace(query=urlencode(query, quote_via=quote)))

    @property
    def identity(self) -> str:
        """A folder name that tells this database from others."""
        if self.is_embedded:
            return "embedded"
        given = conninfo.conninfo_to_dict(self.admin_url)
        where = "/".join(str(given.get(part, "")) for part in ("host", "port", "dbname"))
        return hashlib.sha256(where.encode()).hexdigest()[:12]

    def dbt_environment(self) -> dict[str, str]:
        """Return the variables that ``profiles/profiles.yml`` reads."""
        given = conninfo.conninfo_to_dict(self.admin_url)
        return {
            "BARHOUSE_PG_HOST": str(given.get("host", "127.0.0.1")),
            "BARHOUSE_PG_PORT": str(given.get("port", 5432)),
            "BARHOUSE_PG_USER": str(given.get("user", "barhouse")),
            "BARHOUSE_PG_DATABASE": str(given.get("dbname", "barhouse")),
            "BARHOUSE_PG_SSLMODE": str(given.get("sslmode", "prefer")),
            "DBT_ENV_SECRET_BARHOUSE_PG_PASSWORD": str(given.get("password", "")),
        }


def open_warehouse(settings: Settings, given_by: str = "BARHOUSE_DATABASE_URL") -> Warehouse:
    """Return the database in use; the embedded one is started if it does not run.

    Args:
        settings: ``database_url`` decides: none means the embedded database.
        given_by: What named the URL, for messages.

    Raises:
        BarhouseError: The given URL cannot be read, or its database does not answer.
        EmbeddedError: The embedded database cannot be started.
    """
    if settings.database_url is None:
        return Warehouse(embedded.start(settings.embedded_dir).url(), is_embedded=True)
    if not _is_readable(settings.database_url):
        # What libpq says of such a URL quotes it, password and all.
        raise BarhouseError(
            f"{given_by} cannot be used; expected "
            "postgresql://user:password@host:port/database, with special characters of the "
            "password percent-encoded ('@' as %40, '/' as %2F) and no blank in it. Correct it."
        )
    try:
        psycopg.connect(settings.database_url, connect_timeout=10).close()
    except psycopg.Error as error:
        raise BarhouseError(
            f"The database of {given_by} does not answer ({_first_line(error)}); "
            "expected a TimescaleDB that accepts this login. Start it, correct the URL, or unset "
            "it to use the embedded database."
        ) from error
    return Warehouse(settings.database_url, is_embedded=False)


def _is_readable(url: str) -> bool:
    # Whether libpq and urllib see the same password: they do not when its special characters stand
    # as they are, and then its rest is taken for a host, a port or an option. A blank in it is lost
    # on the way through dlt, and the error then quotes the password.
    try:
        given = conninfo.conninfo_to_dict(url)
        parts = urlsplit(url)
    except (psycopg.ProgrammingError, ValueError):
        return False
    options = dict(parse_qsl(parts.query.replace("+", "%2B")))
    password = unquote(parts.password) if parts.password else options.get("password", "")
    return (
        not parts.fragment
        and " " not in password
        and password == str(given.get("password", ""))
        and "@" not in str(given.get("host", ""))
        and str(given.get("port", "0")).replace(",", "").isdecimal()
    )


def _first_line(error: psycopg.Error) -> str:
    return str(error).strip().partition("\n")[0]
