"""Everything that an operator may set, read once from the environment into one frozen value.

Twelve-factor: names start with YAOSHI_. Secrets are never settings: they are made at the first start and lie
as files under the data folder. No default secret and no default purpose exists.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
MIB = 1024 * 1024


class SettingsError(ValueError):
    """A setting that cannot be used; the message names it and says what is expected."""


@dataclass(frozen=True)
class Settings:
    """Where the node listens, where it keeps its files, and its limits (bytes, milliseconds)."""

    console_origin: str
    wallet_origin: str
    data: Path
    static: Path = ROOT / "static"
    port: int = 8080
    metrics_port: int | None = None
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
    def genesis_path(self) -> Path:
        return self.data / "genesis.json"

    @property
    def keys_path(self) -> Path:
        return self.data / "keys"

    @property
    def offline_path(self) -> Path:
        """Keys that no running node needs; an operator carries this folder away."""
        return self.data / "offline"

    @property
    def session_secret_path(self) -> Path:
        return self.data / "secrets" / "session.key"


def settings_from_env(env: Mapping[str, str] = os.environ) -> Settings:
    """Reads YAOSHI_PORT, YAOSHI_CONSOLE, YAOSHI_WALLET, YAOSHI_VAR and the limits."""
    port = _number(env, "YAOSHI_PORT", 8080, low=1, high=64_535)
    console = _origin(env, "YAOSHI_CONSOLE", f"http://localhost:{port}")
    wallet = _origin(env, "YAOSHI_WALLET", f"http://127.0.0.1:{port}")
    if urlsplit(console).netloc == urlsplit(wallet).netloc:
        raise SettingsError(
            "YAOSHI_CONSOLE and YAOSHI_WALLET need different hosts: wallet code must not share "
            "an origin with the console"
        )
    folder = Path(env.get("YAOSHI_VAR", str(ROOT / "var")))
    host = urlsplit(console)
    name = f"{host.hostname}-{host.port or (443 if host.scheme == 'https' else 80)}"
    return Settings(
        console_origin=console,
        wallet_origin=wallet,
        data=folder / name,
        port=port,
        metrics_port=port + 1000,
        disk_warn_bytes=_number(env, "YAOSHI_DISK_WARN_MIB", 1024) * MIB,
        disk_warn_percent=_number(env, "YAOSHI_DISK_WARN_PERCENT", 5, high=100),
        disk_stop_bytes=_number(env, "YAOSHI_DISK_STOP_MIB", 100) * MIB,
        signin_per_minute=_number(env, "YAOSHI_SIGNIN_PER_MINUTE", 30, low=1),
        trusted_proxies=_number(env, "YAOSHI_TRUSTED_PROXIES", 0, high=4),
    )


def _number(env: Mapping[str, str], name: str, default: int, low: int = 0, high: int = 2**31) -> int:
    text = env.get(name, "").strip()
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 10 or not low <= int(text) <= high:
        raise SettingsError(f"{name} must be a whole number from {low} to {high}")
    return int(text)


def _origin(env: Mapping[str, str], name: str, default: str) -> str:
    text = env.get(name, "").strip() or default
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
