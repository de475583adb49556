"""Makes a certificate authority that can vouch for one address only, and the node's certificate by it.

RFC 5280 4.2.1.10 (name constraints, critical): the address is permitted, every DNS name is not. The library
`cryptography` enters here. Invariant: the authority's private key signs one certificate and is never
written anywhere, so whoever trusts the authority trusts nothing that is made later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv4Network

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

# What phones still accept from an authority that a person added: iOS at most 825 days; a year is enough.
LIFETIME = timedelta(days=365)
# A clock that is a little behind must not find the certificate in its future.
SLACK = timedelta(days=1)
# Naming one permitted DNS name forbids all others; this one can never be registered (RFC 2606).
NO_NAME = "yaoshi.invalid"


@dataclass(frozen=True)
class Certificates:
    """PEM texts; ``key`` is the node's. The authority's own key is gone."""

    authority: bytes
    node: bytes
    key: bytes


def make_certificates(address: str, now_ms: int) -> Certificates:
    """An authority constrained to this IPv4 address, and the certificate of the node at it."""
    begins = datetime.fromtimestamp(now_ms / 1000, UTC) - SLACK
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = make_authority(authority_key, address, begins)
    node_key = ec.generate_private_key(ec.SECP256R1())
    node = certify(authority_key, authority, node_key.public_key(), address)
    return Certificates(
        authority.public_bytes(serialization.Encoding.PEM),
        node.public_bytes(serialization.Encoding.PEM),
        node_key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )


def make_authority(key: ec.EllipticCurvePrivateKey, address: str, begins: datetime) -> x509.Certificate:
    """The self-signed certificate of an authority for this address alone."""
    name = _name(f"Yaoshi {address} {begins:%Y-%m-%d}")
    permitted: list[x509.GeneralName] = [
        x509.IPAddress(IPv4Network(f"{address}/32")),
        x509.DNSName(NO_NAME),
    ]
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(sign_certificates=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def certify(
    authority_key: ec.EllipticCurvePrivateKey,
    authority: x509.Certificate,
    key: ec.EllipticCurvePublicKey,
    address: str,
) -> x509.Certificate:
    """A server's certificate for an address, as long as the authority's own."""
    return (
        x509.CertificateBuilder()
        # Not the address: some take a name that looks like a host for one, and no host is permitted.
        .subject_name(_name("Yaoshi node"))
        .issuer_name(authority.subject)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(authority.not_valid_before_utc)
        .not_valid_after(authority.not_valid_after_utc)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address(address))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )


def expires(certificate: bytes) -> datetime:
    """The end of a PEM certificate, UTC."""
    return x509.load_pem_x509_certificate(certificate).not_valid_after_utc


def fingerprint(certificate: bytes) -> str:
    """SHA-256 of the certificate as phones show it: pairs of hex digits with colons."""
    digest = x509.load_pem_x509_certificate(certificate).fingerprint(hashes.SHA256())
    return digest.hex(":").upper()


def der(certificate: bytes) -> bytes:
    """The form that phones install."""
    return x509.load_pem_x509_certificate(certificate).public_bytes(serialization.Encoding.DER)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _usage(*, sign_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not sign_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=sign_certificates,
        crl_sign=sign_certificates,
        encipher_only=False,
        decipher_only=False,
    )
