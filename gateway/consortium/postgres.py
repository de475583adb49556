"""A PostgreSQL server of the demonstration's own, where PostgreSQL is installed: a database for each member.

It lies beside the demonstration's folder and listens on a socket there that only its user enters; no port is
taken, and no other server of the machine is touched. PostgreSQL refuses to run as root; then it runs as the
user `postgres`, which has to be able to pass through the folders above. Not for anybody's records.
"""

from __future__ import annotations

import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

OLDEST = 15
PORT = 5433  # only the last part of the socket's name
_USER, _LONGEST_FOLDER = "postgres", 80
_GIVEN = {
    "listen_addresses": "",
    "port": str(PORT),
    "unix_socket_permissions": "0700",
    "max_connections": "500",
    "shared_buffers": "64MB",
}


class NoServerError(Exception):
    """There can be no server here; the message says why."""


def programs() -> Path:
    """The folder of the newest PostgreSQL's programs. Raises NoServerError."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/postgres")]
    found.sort(key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0)
    on_path = shutil.which("postgres")
    if on_path is not None:
        found.append(Path(on_path).resolve().parent)
    fit = [folder for folder in found if (folder / "initdb").exists() and _release(folder) >= OLDEST]
    if not fit:
        raise NoServerError(f"PostgreSQL {OLDEST} or later is not installed")
    return fit[-1]


def _release(folder: Path) -> int:
    done = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    numbers = re.search(r"\d+", done.stdout)
    return int(numbers[0]) if numbers is not None else 0


class Server:
    """The server in a folder; who starts and ends the process is `gateway.consortium.processes`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"

    def make(self) -> None:
        """A new, empty server; what lay in the folder goes. Raises NoServerError."""
        initdb = programs() / "initdb"
        if len(str(self.folder)) > _LONGEST_FOLDER:
            raise NoServerError(f"{self.folder} is too long for a socket")
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(mode=0o700, parents=True)
        words = ["--username=yaoshi", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        try:
            if os.geteuid() == 0:
                self.folder.parent.chmod(0o711)  # to be passed through; what lies in it is closed by itself
                os.chown(self.folder, pwd.getpwnam(_USER).pw_uid, -1)
            done = self._run([str(initdb), f"--pgdata={self.data}", *words])
        except (KeyError, OSError) as error:
            raise NoServerError(f"it cannot run as the user {_USER}: {error}") from None
        if done.returncode != 0:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise NoServerError(f"initdb failed: {done.stderr.strip()[-200:]}")

    def command(self) -> list[str]:
        """What starts it. Raises NoServerError."""
        given = [word for name, value in _GIVEN.items() for word in ("-c", f"{name}={value}")]
        server = [str(programs() / "postgres"), "-D", str(self.data), "-k", str(self.folder), *given]
        return [*_as_user(), *server] if os.geteuid() == 0 else server

    def is_ready(self) -> bool:
        """Whether it takes connections."""
        words = [
            str(programs() / "pg_isready"),
            "-q",
            "-h",
            str(self.folder),
            "-p",
            str(PORT),
            "-U",
            "yaoshi",
        ]
        return self._run([*words, "-d", "postgres"]).returncode == 0

    def see_to_database(self, name: str) -> None:
        """Make the database unless it is there. Raises NoServerError."""
        words = ["-h", str(self.folder), "-p", str(PORT), "-U", "yaoshi", "--template=template0"]
        done = self._run([str(programs() / "createdb"), *words, "--encoding=UTF8", "--locale=C", name])
        if done.returncode != 0 and "already exists" not in done.stderr:
            raise NoServerError(f"createdb failed: {done.stderr.strip()[-200:]}")

    def address(self, name: str) -> str:
        """The setting YAOSHI_POSTGRES of the member with this database."""
        return f"postgresql://yaoshi@/{name}?host={self.folder}&port={PORT}"

    def _run(self, command: list[str]) -> subprocess.CompletedProcess[str]:
        prefix = _as_user() if os.geteuid() == 0 else []
        return subprocess.run(  # noqa: S603 - PostgreSQL's own programs
            [*prefix, *command],
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            env={"PATH": os.defpath, "LC_ALL": "C"},
        )


def _as_user() -> list[str]:
    found, setpriv = pwd.getpwnam(_USER), shutil.which("setpriv")
    if setpriv is None:
        raise NoServerError("setpriv is not installed: root cannot begin it as another user")
    return [setpriv, f"--reuid={found.pw_uid}", f"--regid={found.pw_gid}", "--clear-groups"]
