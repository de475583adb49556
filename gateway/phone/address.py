"""Finds the address by which a phone on the same network reaches this machine.

RFC 1918 and RFC 6598 addresses, and loopback for trials on one machine; a public address is refused, because
a demonstration has no business there.
"""

from __future__ import annotations

import socket
from ipaddress import AddressValueError, IPv4Address, IPv4Network

# RFC 5737: documentation. Nothing is sent; the system only says from which address it would.
_ANYWHERE = ("192.0.2.1", 9)
# RFC 6598, shared by carriers: Python counts it neither as private nor as global.
_SHARED = IPv4Network("100.64.0.0/10")


def lan_address() -> str | None:
    """This machine's address on the network that leads outside, or None without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ANYWHERE)
        except OSError:
            return None
        found = str(probe.getsockname()[0])
    return found if IPv4Address(found) != IPv4Address("0.0.0.0") else None  # noqa: S104 - compared, not bound


def is_local(text: str) -> bool:
    """Whether this is an IPv4 address that does not lead to the public network."""
    try:
        address = IPv4Address(text)
    except AddressValueError:
        return False
    return address.is_private or address in _SHARED


def is_here(address: str) -> bool:
    """Whether this machine has the address now."""
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
