"""Everything that an operator may set, read once from the environment into one frozen value.

Twelve-factor: names start with YAOSHI_. SETTINGS says for each what it means and what holds without it;
`.env.example` is made from it (`flask settings --example`). Secrets are never settings: they are made at the
first start and lie as files under the data folder. No default secret and no default purpose exists.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from ledger.store.place import Place, Postgres

ROOT = Path(__file__).resolve().parent.parent
MIB = 1024 * 1024


class SettingsError(ValueError):
    """A setting that cannot be used; the message names it and says what is expected."""


@dataclass(frozen=True)
class Setting:
    """One name of the environment; an empty default follows from other settings, as the meaning says."""

    name: str
    default: str
    meaning: str


SETTINGS = (
    Setting("YAOSHI_PORT", "8080", "Port of the node on this machine."),
    Setting("YAOSHI_LISTEN", "127.0.0.1", "Address it listens on: loopback behind a proxy on this machine."),
    Setting("YAOSHI_CONSOLE", "", "Origin of consoles and APIs in a browser; empty: http://localhost:PORT."),
    Setting("YAOSHI_WALLET", "", "Origin of the wallet, on another host; empty: http://127.0.0.1:PORT."),
    Setting("YAOSHI_VAR", "var", "Folder of the data; a relative one lies beside the program."),
    Setting(
        "YAOSHI_MARK", "", "File with the ledger's known length, best on another disk; empty: by the data."
    ),
    Setting("YAOSHI_LOG", "", "File of the log, reopened when it is moved away; empty: standard output."),
    Setting("YAOSHI_METRICS_PORT", "", "Loopback port of the metrics, 0 for none; empty: PORT + 1000."),
    Setting(
        "YAOSHI_CONSENSUS",
        "http://127.0.0.1:26657",
        "Address of the consensus node on this machine, for a ledger that several hospitals keep.",
    ),
    Setting("YAOSHI_TRUSTED_PROXIES", "0", "How many proxies stand in front and name the asker's address."),
    Setting("YAOSHI_SIGNIN_PER_MINUTE", "30", "How many sign-ins one address may try in a minute."),
    Setting("YAOSHI_DISK_WARN_MIB", "1024", "Free MiB below which the node warns."),
    Setting("YAOSHI_DISK_WARN_PERCENT", "5", "Free percent of the disk below which the node warns."),
    Setting("YAOSHI_DISK_STOP_MIB", "100", "Free MiB below which nothing may be written."),
    Setting(
        "YAOSHI_POSTGRES",
        "",
        "PostgreSQL by libpq's address, without a password (docs/operating.md); empty: SQLite files.",
    ),
    Setting("YAOSHI_AREAS", "", "Where institutions lie, for marks of one area: WX=鄂,武汉;QH=鄂 (by code)."),
    Setting("YAOSHI_BACKUP_WARN_HOURS", "48", "Age of the newest backup at which doctor warns, 0 for never."),
)
_DEFAULTS = {one.name: one.default for one in SETTINGS}


@dataclass(frozen=True)
class Settings:
    """Where the node listens, where it keeps its files, and its limits (bytes, milliseconds)."""

    console_origin: str
    wallet_origin: str
    data: Path
    static: Path = ROOT / "static"
    port: int = 8080
    listen: str = "127.0.0.1"
    log: Path | None = None
    mark: Path | None = None
    metrics_port: int | None = None
    consensus: str = "http://127.0.0.1:26657"
    body_limit: int = MIB
    session_idle_ms: int = 30 * 60_000
    session_max_ms: int = 12 * 3_600_000
    fresh_ms: int = 5 * 60_000
    disk_warn_bytes: int = 1024 * MIB
    disk_warn_percent: int = 5
    disk_stop_bytes: int = 100 * MIB
    sse_cap: int = 24
    sse_seconds: int = 60
    signin_per_minute: int = 30
    trusted_proxies: int = 0
    backup_warn_ms: int = 48 * 3_600_000
    areas: Mapping[str, frozenset[str]] = field(default_factory=dict)
    postgres: Postgres | None = None

    @property
    def secure(self) -> bool:
        return self.console_origin.startswith("https://")

    @property
    def console_host(self) -> str:
        return urlsplit(self.console_origin).netloc

    @property
    def wallet_host(self) -> str:
        return urlsplit(self.wallet_origin).netloc

    @property
    def ledger_origin(self) -> str:
        """The log's C2SP origin: the console's host and path, without a scheme."""
        return f"{self.console_host}/ledger"

    @property
    def ledger_path(self) -> Path:
        return self.data / "ledger.db"

    @property
    def database_path(self) -> Path:
        return self.data / "gateway.db"

    @property
    def node_path(self) -> Path:
        """The home of the consensus node, where the ledger is a consortium's."""
        return self.data / "node"

    @property
    def application_path(self) -> Path:
        """The socket at which the consensus node asks the ledger's application."""
        return self.data / "run" / "application.sock"

    @property
    def ledger_place(self) -> Place:
        """Where the ledger is: its file, or PostgreSQL."""
        return self.postgres or self.ledger_path

    @property
    def database_place(self) -> Place:
        """Where the gateway's tables are: their file, or PostgreSQL."""
        return self.postgres or self.database_path

    @property
    def genesis_path(self) -> Path:
        return self.data / "genesis.json"

    @property
    def keys_path(self) -> Path:
        return self.data / "keys"

    @property
    def keys_waiting_path(self) -> Path:
        """Fresh keys of a rotation, until the ledger has them."""
        return self.data / "keys-waiting"

    @property
    def offline_path(self) -> Path:
        """Keys that no running node needs; an operator carries this folder away."""
        return self.data / "offline"

    @property
    def session_secret_path(self) -> Path:
        return self.data / "secrets" / "session.key"

    @property
    def unfinished_path(self) -> Path:
        """There until the demonstration of a new node is complete."""
        return self.data / "demo-unfinished"

    @property
    def backup_note_path(self) -> Path:
        """When the last backup was made."""
        return self.data / "last-backup.json"

    @property
    def mark_path(self) -> Path:
        """Beside the data folder, not in it: it must outlive a folder that is put back as it once was."""
        return self.mark or self.data.with_name(f"{self.data.name}.mark")


def settings_from_env(env: Mapping[str, str] = os.environ) -> Settings:
    """Reads every name of SETTINGS. Raises SettingsError."""
    port = _number(env, "YAOSHI_PORT", low=1, high=64_535)
    console = _origin(env, "YAOSHI_CONSOLE", f"http://localhost:{port}")
    wallet = _origin(env, "YAOSHI_WALLET", f"http://127.0.0.1:{port}")
    if urlsplit(console).netloc == urlsplit(wallet).netloc:
        raise SettingsError(
            "YAOSHI_CONSOLE and YAOSHI_WALLET need different hosts: wallet code must not share "
            "an origin with the console"
        )
    host = urlsplit(console)
    name = f"{host.hostname}-{host.port or (443 if host.scheme == 'https' else 80)}"
    return Settings(
        console_origin=console,
        wallet_origin=wallet,
        data=ROOT / _text(env, "YAOSHI_VAR") / name,
        port=port,
        listen=_address(env, "YAOSHI_LISTEN"),
        log=_path(env, "YAOSHI_LOG"),
        mark=_path(env, "YAOSHI_MARK"),
        metrics_port=_metrics_port(env, port),
        consensus=_consensus(env),
        disk_warn_bytes=_number(env, "YAOSHI_DISK_WARN_MIB") * MIB,
        disk_warn_percent=_number(env, "YAOSHI_DISK_WARN_PERCENT", high=100),
        disk_stop_bytes=_number(env, "YAOSHI_DISK_STOP_MIB") * MIB,
        signin_per_minute=_number(env, "YAOSHI_SIGNIN_PER_MINUTE", low=1),
        trusted_proxies=_number(env, "YAOSHI_TRUSTED_PROXIES", high=4),
        backup_warn_ms=_number(env, "YAOSHI_BACKUP_WARN_HOURS", high=100_000) * 3_600_000,
        areas=_areas(_text(env, "YAOSHI_AREAS")),
        postgres=_postgres(env, "YAOSHI_POSTGRES"),
    )


def example() -> str:
    """The text of .env.example: every setting once, with its default, under one line of meaning."""
    head = (
        "# Settings of a node, each with its default. Take the # away before a name to set it.\n"
        "# Who starts the node puts them into its environment: systemd from /etc/yaoshi/yaoshi.env,\n"
        "# a shell by `set -a; . /etc/yaoshi/yaoshi.env; set +a`.\n"
        "\n# Flask does not read files of settings by itself, and does not advise to let it.\n"
        "FLASK_SKIP_DOTENV=1\n"
    )
    return head + "".join(f"\n# {one.meaning}\n#{one.name}={one.default}\n" for one in SETTINGS)


def _consensus(env: Mapping[str, str]) -> str:
    """The node asks nobody who calls, so it is never reached across a network."""
    text = _origin(env, "YAOSHI_CONSENSUS", "")
    host = urlsplit(text).hostname or ""
    if not text.startswith("http://127.") and host not in ("localhost", "::1"):
        raise SettingsError("YAOSHI_CONSENSUS is on this machine, such as http://127.0.0.1:26657")
    return text


def _text(env: Mapping[str, str], name: str) -> str:
    """What was set, or the default; what is empty counts as not set."""
    return env.get(name, "").strip() or _DEFAULTS[name]


def _number(env: Mapping[str, str], name: str, low: int = 0, high: int = 2**31) -> int:
    text = _text(env, name)
    if not text.isascii() or not text.isdigit() or len(text) > 10 or not low <= int(text) <= high:
        raise SettingsError(f"{name} must be a whole number from {low} to {high}")
    return int(text)


def _areas(text: str) -> dict[str, frozenset[str]]:
    found = {}
    for part in filter(None, (each.strip() for each in text.split(";"))):
        code, equals, names = part.partition("=")
        areas = frozenset(filter(None, (each.strip() for each in names.split(","))))
        if not equals or not code.strip() or not areas:
            raise SettingsError("YAOSHI_AREAS must read CODE=area,area with ; between institutions")
        found[code.strip()] = areas
    return found


def _metrics_port(env: Mapping[str, str], port: int) -> int | None:
    if not _text(env, "YAOSHI_METRICS_PORT"):
        return port + 1000
    return _number(env, "YAOSHI_METRICS_PORT", high=65_535) or None


def _path(env: Mapping[str, str], name: str) -> Path | None:
    text = _text(env, name)
    return ROOT / text if text else None


def _postgres(env: Mapping[str, str], name: str) -> Postgres | None:
    text = _text(env, name)
    if not text:
        return None
    from ledger.store.postgres import check_conninfo  # a fifth of a second that SQLite does not need

    try:
        check_conninfo(text)
    except ValueError as error:
        raise SettingsError(f"{name} {error}") from None
    return Postgres(text)


def _address(env: Mapping[str, str], name: str) -> str:
    try:
        return str(ip_address(_text(env, name)))
    except ValueError:
        raise SettingsError(f"{name} must be an IP address such as 127.0.0.1 or 0.0.0.0") from None


def _origin(env: Mapping[str, str], name: str, default: str) -> str:
    text = _text(env, name) or default
    parts = urlsplit(text)
    if (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or parts.path
        or parts.query
        or parts.fragment
    ):
        raise SettingsError(f"{name} must be an origin such as https://records.example.org, without a path")
    return text.lower()
