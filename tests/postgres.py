"""A private PostgreSQL from Debian's package for the tests: one server a test process, one database a test.

It lies in a folder of its own and listens on a socket there only, so no port is taken on the machine and
nothing outside the folder is touched. Its databases compare text by bytes (LOCALE C), as Yaoshi asks; the
server's own default is another, so that a forgotten locale is found. `setpriv` ends it with the tests, also
when those are killed.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path

import psycopg
import pytest

from gateway.consortium import postgres as demonstration

PORT = 5433  # only the last part of the socket's name
SQLITE, POSTGRES = KINDS = ("sqlite", "postgres")
# What the gateway asks of its store most, by the names of test modules; YAOSHI_TEST_STORE=postgres is all.
BOTH = (
    "records.test_importer",
    "records.test_includes",
    "records.test_hostile_input",
    "glass.test_objections",
    "operation.test_closing",
    "cli.test_one_node",
    "outbox.test_store",
)
SETTINGS = {
    "listen_addresses": "",
    "port": str(PORT),
    "fsync": "off",  # a killed server loses nothing by it, only a machine without power would
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "150",
    "jit": "off",
    "log_min_messages": "fatal",
}


def programs() -> Path | None:
    """The folder of the newest PostgreSQL's programs, None where there is none."""
    try:
        return demonstration.programs()
    except demonstration.NoServerError:
        return None


class Server:
    """A server that a test may also kill and start again."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self._programs, self.folder = programs, folder
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = count(1)
        self._log = folder / "server.log"
        self._user = _user()
        subprocess.run(
            [*self._as_user(), str(programs / "initdb"), "--pgdata", str(folder / "data"), "--no-sync",
             "--username", "yaoshi", "--auth", "trust", "--encoding", "UTF8", "--locale", "C.UTF-8",
             "--locale-provider", "icu", "--icu-locale", "en-US"],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        self.start()

    def conninfo(self, database: str) -> str:
        """How a program of this machine reaches a database of it."""
        return f"postgresql://yaoshi@/{database}?host={self.folder}&port={PORT}"

    def new_database(self, locale: str = "LOCALE 'C' LOCALE_PROVIDER libc") -> str:
        """The conninfo of an empty database."""
        name = f"test{next(self._numbers)}"
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8' {locale}")
        return self.conninfo(name)

    def copy_of(self, template: str) -> str:
        """The conninfo of a database that begins as this one is, which nobody uses meanwhile."""
        name, begins = f"test{next(self._numbers)}", psycopg.conninfo.conninfo_to_dict(template)["dbname"]
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {begins}")
        return self.conninfo(name)

    def drop_database(self, conninfo: str) -> None:
        """Let go of a database, also of who still uses it."""
        name = psycopg.conninfo.conninfo_to_dict(conninfo)["dbname"]
        with psycopg.connect(self.conninfo("postgres"), autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        given = [word for name, value in SETTINGS.items() for word in ("-c", f"{name}={value}")]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._as_user(), str(self._programs / "postgres"), "-D", str(self.folder / "data"),
                 "-k", str(self.folder), *given],
                stderr=log,
            )  # fmt: skip
        ready = [str(self._programs / "pg_isready"), "-q", "-d", self.conninfo("postgres")]
        while subprocess.run(ready, check=False).returncode != 0:
            if self._process.poll() is not None:
                raise RuntimeError(f"PostgreSQL did not start: {self._log.read_text()}")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT ends all sessions in order, SIGQUIT drops everything as a crash does."""
        if self._process is not None:
            self._process.send_signal(how)
            self._process.wait(60)
            self._process = None

    def _as_user(self) -> list[str]:
        ids = [f"--reuid={self._user}", f"--regid={self._user}", "--clear-groups"] if self._user else []
        return ["setpriv", *ids, "--pdeathsig", "INT"]


def _user() -> int | None:
    """Whom the server runs as where the tests run as root, which it refuses; None: as the tests do."""
    return None if os.getuid() else pwd.getpwnam("postgres").pw_uid


@cache
def shared() -> Server:
    """The server of this test process, started when it is first asked for; `end_shared` ends it."""
    found = programs()
    if found is None:
        pytest.skip("PostgreSQL is not installed: apt install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="yaoshi-pg-"))
    user = _user()
    if user is not None:
        os.chown(folder, user, -1)
    return Server(found, folder)


def end_shared() -> None:
    """At the end of a test process: nothing of the server is left."""
    if shared.cache_info().currsize:
        shared().stop()
        shutil.rmtree(shared().folder)
        shared.cache_clear()


@pytest.fixture(scope="session")
def postgres_server() -> Server:
    """The server of this test process."""
    return shared()


def chosen_kind() -> str:
    """Which database the gateway's tests use: SQLite, or as YAOSHI_TEST_STORE says."""
    return os.environ.get("YAOSHI_TEST_STORE", SQLITE)


sqlite_alone = pytest.mark.skipif(chosen_kind() != SQLITE, reason="about SQLite's own files or plans")


def runs_on_both(module: str) -> bool:
    """Whether a module of tests runs once with each kind of database."""
    return any(f".{part}" in f".{module}" for part in BOTH)


@pytest.fixture
def postgres(postgres_server: Server) -> Iterator[str]:
    """The conninfo of a database that is this test's own."""
    conninfo = postgres_server.new_database()
    yield conninfo
    postgres_server.drop_database(conninfo)
