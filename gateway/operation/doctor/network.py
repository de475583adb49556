"""Whether the node can be reached as its addresses promise: ports, hosts, HTTPS, and proxies in front."""

from __future__ import annotations

import errno
import http.client
import json
import socket
from collections.abc import Iterator
from urllib.parse import urlsplit

from gateway.operation.doctor.findings import FLASK, Finding, Meaning, Meanings, Scene
from gateway.operation.doctor.running import Running, running_node
from gateway.settings import SETTINGS, Settings

ANSWER_SECONDS = 5
LOOPBACK = ("localhost", "127.0.0.1", "::1")
WARNED = frozenset(
    {
        "disk-low",
        "disk-full",
        "clock-behind",
        "ledger-rolled-back",
        "ledger-records-lost",
        "ledger-catching-up",
        "node-silent",
        "consensus-behind",
        "consensus-still",
    }
)
OUR_PREFIX = "YAOSHI_"
OF_TESTS = ("YAOSHI_SEED", "YAOSHI_TESTS_MUST_NOT_SKIP")
MEANINGS = Meanings(
    {
        "setting-unknown": Meaning(
            "warning",
            "The environment has {name}, which is no setting of this program.",
            "It has no effect; probably it is mistyped.",
            "环境中有 {name}，本程序没有这个设置。",
            "它不起作用，可能是写错了。",
            FLASK + " settings",
        ),
        "port-taken": Meaning(
            "wrong",
            "Port {port} on {address} is taken, and not by this node.",
            "The node cannot start there.",
            "{address} 的端口 {port} 已被占用，占用者不是本节点。",
            "节点无法在此启动。",
            "ss -ltnp 'sport = :{port}'",
        ),
        "not-running": Meaning(
            "note",
            "The node is not running.",
            "Nobody can be linked and nothing can be taken back until it is.",
            "节点没有运行。",
            "启动之前，无法关联手机，也无法撤销授权。",
            FLASK + " serve --no-demo",
        ),
        "not-answering": Meaning(
            "wrong",
            "The node holds its ledger (process {pid}) and does not answer on {address}:{port}.",
            "It hangs, or it was started with another port or address than these settings.",
            "节点占有账本（进程 {pid}），但在 {address}:{port} 没有应答。",
            "它已停滞，或启动时的端口或地址与当前设置不同。",
            "kill -HUP {pid}",
        ),
        "not-ready": Meaning(
            "wrong",
            "The running node says that it is not ready: {codes}.",
            "It refuses work until that is mended.",
            "正在运行的节点报告未就绪：{codes}。",
            "修复之前它会拒绝工作。",
            "curl -s -H 'Host: {host}' http://{address}:{port}/readyz",
        ),
        "https-missing": Meaning(
            "wrong",
            "{name} is {origin}, without HTTPS.",
            "Browsers give pages from other machines no keys without HTTPS, and passwords travel readable.",
            "{name} 为 {origin}，没有使用 HTTPS。",
            "没有 HTTPS，浏览器不会为其他机器的页面保管密钥，密码也会明文传输。",
            "export {name}={better}",
        ),
        "proxies-untold": Meaning(
            "warning",
            "The console is at an https:// address, and YAOSHI_TRUSTED_PROXIES is 0.",
            "All people seem to come from the proxy's address: one who mistypes slows everybody down.",
            "工作台使用 https:// 地址，而 YAOSHI_TRUSTED_PROXIES 为 0。",
            "所有人看起来都来自代理的地址：一人输错密码，大家都会变慢。",
            "export YAOSHI_TRUSTED_PROXIES=1",
        ),
    }
)


def examine(scene: Scene) -> Iterator[Finding]:
    """Settings that do nothing, addresses as seen by browsers, the port, and what the running node says."""
    settings = scene.settings
    known = {one.name for one in SETTINGS} | set(OF_TESTS)
    for name in sorted(scene.environment):
        if name.startswith(OUR_PREFIX) and name not in known:
            yield MEANINGS.of("setting-unknown", name=name)
    yield from _origins(settings)
    node = running_node(settings)
    if node is not None:
        yield from _answers(settings, node)
    elif not _is_free(settings.listen, settings.port):
        yield MEANINGS.of("port-taken", address=settings.listen, port=settings.port)
    elif settings.genesis_path.exists():
        yield MEANINGS.of("not-running")


def _origins(settings: Settings) -> Iterator[Finding]:
    origins = (("YAOSHI_CONSOLE", settings.console_origin), ("YAOSHI_WALLET", settings.wallet_origin))
    for name, origin in origins:
        parts = urlsplit(origin)
        if parts.scheme == "http" and parts.hostname not in LOOPBACK:
            yield MEANINGS.of("https-missing", name=name, origin=origin, better=f"https://{parts.hostname}")
    if settings.secure and settings.trusted_proxies == 0:
        yield MEANINGS.of("proxies-untold")


def _is_free(address: str, port: int) -> bool:
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            return error.errno not in (errno.EADDRINUSE, errno.EACCES)
    return True


def _answers(settings: Settings, node: Running) -> Iterator[Finding]:
    address = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.listen, settings.listen)  # noqa: S104
    place = {"address": address, "port": settings.port}
    try:
        codes = _codes(address, settings)
    except (OSError, ValueError, LookupError, http.client.HTTPException):
        yield MEANINGS.of("not-answering", pid=node.pid, **place)
        return
    other = [code for code in codes if code not in WARNED]  # those have findings of their own
    if other:
        yield MEANINGS.of("not-ready", codes=", ".join(other), host=settings.console_host, **place)


def _codes(address: str, settings: Settings) -> list[str]:
    connection = http.client.HTTPConnection(address, settings.port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", "/readyz", headers={"Host": settings.console_host})
        return [one["code"] for one in json.loads(connection.getresponse().read(65_536))["warnings"]]
    finally:
        connection.close()
