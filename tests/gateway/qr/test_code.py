"""What a doctor's console takes for a patient's code: our own address in its one form, or ten characters."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.references.code import Coded, qr_address, read_code
from tests.gateway.hostile.knocks import NAUGHTY

OURS, LEDGER = "https://wallet.example", "42a10777b0eec1e20746282c2df9a4709f89cff3f2519dbb4c310a1c6bfa9124"
CODE = "QqEHd7DuweIHRigsLfmkcA.WT.7HPR3C8N"

FOREIGN = {
    "another origin": f"https://evil.example/q#{CODE}",
    "another scheme": f"http://wallet.example/q#{CODE}",
    "a Cyrillic letter in the host": f"https://wаllet.example/q#{CODE}",
    "our host as a user name": f"https://wallet.example@evil.example/q#{CODE}",
    "our host as a password": f"https://x:wallet.example@evil.example/q#{CODE}",
    "our host and another port": f"https://wallet.example:8443/q#{CODE}",
    "our host and its own port spelt out": f"https://wallet.example:443/q#{CODE}",
    "a port that is a name": f"https://wallet.example:443@evil.example/q#{CODE}",
    "our host as the beginning of another": f"https://wallet.example.evil.example/q#{CODE}",
    "our host as the end of another": f"https://evilwallet.example/q#{CODE}",
    "our host as a path": f"https://evil.example/wallet.example/q#{CODE}",
    "a full-width solidus": f"https://wallet.example／q#{CODE}",
    "a backslash": f"https:\\\\wallet.example\\q#{CODE}",
    "capital letters": f"HTTPS://WALLET.EXAMPLE/q#{CODE}",
    "a space before": f" {OURS}/q#{CODE}",
    "a line break after": f"{OURS}/q#{CODE}\n",
    "a NUL after": f"{OURS}/q#{CODE}\x00",
    "something after": f"{OURS}/q#{CODE}.x",
    "another path": f"{OURS}/Q#{CODE}",
    "a query": f"{OURS}/q?x#{CODE}",
    "no fragment": f"{OURS}/q",
    "an empty fragment": f"{OURS}/q#",
    "an escaped fragment": f"{OURS}/q%23{CODE}",
    "lower case in the reference": f"{OURS}/q#QqEHd7DuweIHRigsLfmkcA.WT.7hpr3c8n",
    "letters that Crockford leaves out": f"{OURS}/q#QqEHd7DuweIHRigsLfmkcA.WT.7HPRIC8N",
    "digits of another script": f"{OURS}/q#QqEHd7DuweIHRigsLfmkcA.WT.７HPR3C8N",
    "another ledger": f"{OURS}/q#AAECAwQFBgcICQoLDA0ODw.WT.7HPR3C8N",
    "another spelling of the same ledger": f"{OURS}/q#QqEHd7DuweIHRigsLfmkcB.WT.7HPR3C8N",
    "a program": "javascript:alert(document.domain)",
    "a program with our address in it": f"javascript:'{OURS}/q#{CODE}'",
    "data": "data:text/html,<script>alert(1)</script>",
    "4 kB": "A" * 4096,
    "our address and 4 kB": f"{OURS}/q#{'A' * 4096}",
    "text that runs backwards": f"\u202e{CODE}",
    "our address with an invisible sign": f"{OURS}/q#\u200b{CODE}",
    "a telephone number": "tel:+861380013807",
    "a wireless network": "WIFI:S:guest;T:WPA;P:12345678;;",
    "a visiting card": "BEGIN:VCARD\nFN:沈怀瑾\nEND:VCARD",
    "nine characters": "WT7HPR3C8",
    "eleven characters": "WT7HPR3C8N0",
    "ten characters of another script": "ＷＴ７ＨＰＲ３Ｃ８Ж",
}


@pytest.mark.parametrize("text", FOREIGN.values(), ids=FOREIGN.keys())
def test_it_is_no_code(text: str) -> None:
    assert read_code(text, OURS, LEDGER) is None


def test_our_own_address_is() -> None:
    address = qr_address(OURS, LEDGER, "WT", "7HPR3C8N")
    assert address == f"{OURS}/q#{CODE}"
    assert read_code(address, OURS, LEDGER) == Coded("WT", "7HPR3C8N")


@pytest.mark.parametrize(
    "typed",
    [
        "WT7HPR3C8N",
        "wt 7hpr 3c8n",
        "WT-7HPR-3C8N",
        "ＷＴ７ＨＰＲ３Ｃ８Ｎ",
        "W T 7 H P R 3 C 8 N",
        "wt\u20137hpr\u00a03c8n",
    ],
)
def test_ten_typed_characters_are(typed: str) -> None:
    assert read_code(typed, OURS, LEDGER) == Coded("WT", "7HPR3C8N")


def test_letters_that_look_like_digits_are_read_as_digits() -> None:
    assert read_code("oI LlOo iIlL", OURS, LEDGER) == Coded("01", "11001111")


@pytest.mark.parametrize("text", NAUGHTY, ids=lambda text: repr(text)[:24])
def test_naughty_strings_are_no_code(text: str) -> None:
    assert read_code(text, OURS, LEDGER) is None
    assert read_code(f"{OURS}/q#{text}", OURS, LEDGER) is None


@given(st.text())
def test_whatever_is_read_has_the_one_form(text: str) -> None:
    read = read_code(text, OURS, LEDGER)
    assert read is None or read_code(f"{read.institution}{read.reference}", OURS, LEDGER) == read
