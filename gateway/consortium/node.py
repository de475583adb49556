"""The consensus node beside the gateway: CometBFT, a program of its own, is set up here and not looked into.

CometBFT 0.38, config.toml (specification "Configuration"). The node's own program makes its keys; only their
public parts are read. Its RPC and its socket to our application never leave this machine, for neither asks
who calls. A home is made once and never copied: two nodes with one key would contradict each other.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from gateway.operation.files import replace_private
from ledger.encoding import b64u, unb64
from ledger.engine.cometbft_config import NodeSettings, config_toml
from ledger.errors import Malformed

NAME = "cometbft"
VALIDATOR_KEY = Path("config/priv_validator_key.json")
LONGEST_SOCKET = 100  # a unix socket's path has room for some 107 bytes


class NodeError(RuntimeError):
    """The consensus node cannot be set up; the message says what to do."""


def find_program() -> Path:
    """The program that `make` installed, else the one on the path. Raises NodeError."""
    beside = Path(sys.executable).with_name(NAME)
    found = str(beside) if beside.exists() else shutil.which(NAME)
    if found is None:
        raise NodeError("CometBFT is not installed. Type: make cometbft")
    return Path(found)


def make_home(program: Path, home: Path) -> tuple[str, str]:
    """A new home with fresh keys; the validator key in base64url, and the node id (40 hexadecimal digits)."""
    if home.exists():
        raise NodeError(f"{home} is there already: a node's keys are made once")
    done = subprocess.run(  # noqa: S603 - the program that `make` installed
        [str(program), "init", "validator", "--home", str(home)], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise NodeError(f"{NAME} init failed: {done.stderr.strip()[-300:]}")
    for path in home.rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    home.chmod(0o700)
    validator = json.loads((home / VALIDATOR_KEY).read_text("utf-8"))["pub_key"]["value"]
    node_key = json.loads((home / "config/node_key.json").read_text("utf-8"))["priv_key"]["value"]
    # An Ed25519 private key is seed and public key; a node id is the first 20 bytes of the public key's hash.
    return b64u(unb64(validator)), hashlib.sha256(unb64(node_key)[32:]).hexdigest()[:40]


def validator_seed(path: Path) -> bytes:
    """The 32-byte seed in a priv_validator_key.json, to show once that the key is held (ledger.possession).

    Raises NodeError.
    """
    try:
        return unb64(json.loads(path.read_text("utf-8"))["priv_key"]["value"])[:32]
    except (OSError, ValueError, LookupError, TypeError, Malformed):
        raise NodeError(f"{path} holds no validator's key of CometBFT") from None


def command(program: Path, home: Path) -> list[str]:
    """What runs the node of this home and sees to its end (gateway.consortium.watchdog). Raises NodeError."""
    try:
        settings = tomllib.loads((home / "config/config.toml").read_text("utf-8"))
        socket = str(settings["proxy_app"]).removeprefix("unix://")
    except (OSError, ValueError, KeyError) as error:
        raise NodeError(f"{home / 'config/config.toml'} cannot be read: {error}") from None
    alone = [sys.executable, "-I", "-S", str(Path(__file__).with_name("watchdog.py"))]
    return [*alone, str(program), str(home), socket]


def set_others(home: Path, others: Sequence[str]) -> None:
    """Change which nodes are called ("node id@host:port"), from the node's next start on; all else stays."""
    ids = ",".join(one.partition("@")[0] for one in others)
    change_settings(home, {"persistent_peers": ",".join(others), "unconditional_peer_ids": ids})


def change_settings(home: Path, changed: Mapping[str, str]) -> None:
    """Give these settings, each named once, another text, from the node's next start on; all else stays."""
    path = home / "config/config.toml"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    for number, line in enumerate(lines):
        name = line.partition(" = ")[0]
        if name in changed:
            lines[number] = f"{name} = {json.dumps(changed[name])}\n"
    replace_private(path, "".join(lines).encode())


def settle(home: Path, genesis: bytes, settings: NodeSettings) -> None:
    """Write the chain's genesis and all settings; what the node made itself stays. Raises NodeError."""
    if len(str(settings.application)) > LONGEST_SOCKET:
        raise NodeError(f"{settings.application} is too long for a socket: choose a shorter YAOSHI_VAR")
    (home / "config/genesis.json").write_bytes(genesis)
    (home / "config/config.toml").write_text(config_toml(settings), "utf-8")
