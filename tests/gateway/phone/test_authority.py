"""A certificate made on the spot works for its one address and for nothing else: asked of OpenSSL."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.phone.authority import certify, expires, fingerprint, make_authority, make_certificates

ADDRESS = "192.168.1.5"


def now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


def handshake(folder: Path, authority: bytes, node: bytes, key: bytes, host: str) -> None:
    """A TLS handshake in memory; raises ssl.SSLCertVerificationError when the client does not trust."""
    (folder / "chain.pem").write_bytes(node)
    (folder / "key.pem").write_bytes(key)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "chain.pem", folder / "key.pem")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(cadata=authority.decode())
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(down, up, server_hostname=host),
        server.wrap_bio(up, down, server_side=True),
    ]
    for _ in range(6):
        for end in ends:
            try:
                end.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert ends[0].version() == "TLSv1.3"


def pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def test_the_phone_trusts_the_node_at_its_address(tmp_path: Path) -> None:
    made = make_certificates(ADDRESS, now_ms())
    handshake(tmp_path, made.authority, made.node, made.key, ADDRESS)


def test_the_phone_does_not_trust_the_node_under_another_address(tmp_path: Path) -> None:
    made = make_certificates(ADDRESS, now_ms())
    with pytest.raises(ssl.SSLCertVerificationError):
        handshake(tmp_path, made.authority, made.node, made.key, "192.168.1.6")


def signed_for_a_name(
    key: ec.EllipticCurvePrivateKey, issuer: x509.Certificate, own: ec.EllipticCurvePublicKey, host: str
) -> x509.Certificate:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Yaoshi node")]))
        .issuer_name(issuer.subject)
        .public_key(own)
        .serial_number(x509.random_serial_number())
        .not_valid_before(issuer.not_valid_before_utc)
        .not_valid_after(issuer.not_valid_after_utc)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("192.168.1.6", id="another address"),
        pytest.param("bank.example.com", id="a name of the web"),
    ],
)
def test_even_with_the_authority_s_key_nobody_could_vouch_for(host: str, tmp_path: Path) -> None:
    key, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    authority = make_authority(key, ADDRESS, datetime.now(UTC) - timedelta(days=1))
    sign = certify if host[0].isdigit() else signed_for_a_name
    node = sign(key, authority, own.public_key(), host)
    form = serialization.Encoding.PEM
    with pytest.raises(ssl.SSLCertVerificationError, match="permitted subtree violation"):
        handshake(tmp_path, authority.public_bytes(form), node.public_bytes(form), pem(own), host)


def test_two_trials_have_nothing_in_common() -> None:
    first, second = make_certificates(ADDRESS, now_ms()), make_certificates(ADDRESS, now_ms())
    assert fingerprint(first.authority) != fingerprint(second.authority)
    assert first.key != second.key


def test_it_ends_within_what_phones_accept() -> None:
    made = make_certificates(ADDRESS, now_ms())
    assert timedelta(days=360) < expires(made.node) - datetime.now(UTC) < timedelta(days=398)
    assert expires(made.node) == expires(made.authority)
