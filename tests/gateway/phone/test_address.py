"""Which addresses a trial may use."""

from __future__ import annotations

import pytest

from gateway.phone.address import is_here, is_local


@pytest.mark.parametrize(
    ("address", "local"),
    [
        pytest.param("192.168.1.5", True, id="a home's"),
        pytest.param("10.20.30.40", True, id="a hospital's"),
        pytest.param("172.16.0.9", True, id="an office's"),
        pytest.param("100.64.3.2", True, id="one that a carrier shares"),
        pytest.param("127.0.0.2", True, id="this machine's own"),
        pytest.param("8.8.8.8", False, id="the public network's"),
        pytest.param("::1", False, id="one of the new kind"),
        pytest.param("laptop.local", False, id="a name"),
        pytest.param("192.168.1.5 ", False, id="one with a blank"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_an_address_is_local_or_not(address: str, local: bool) -> None:
    assert is_local(address) is local


def test_an_address_is_here_when_this_machine_can_listen_on_it() -> None:
    assert is_here("127.0.0.1")
    assert not is_here("192.0.2.77")
