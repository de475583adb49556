"""What an institution keeps about phones that sign in: nonces for two minutes, tokens for five.

Not here: any right. Which key may read what is read from the ledger's state at every request.
Invariants: a nonce is used once; a token is kept as its SHA-256 only.
"""

from sqlalchemy import BigInteger, Column, Index, String, Table

from gateway.store.metadata import metadata

wallet_nonce = Table(
    "wallet_nonce",
    metadata,
    Column("nonce", String(43), primary_key=True),
    Column("institution", String(32), nullable=False),
    Column("link", String(32), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("wallet_nonce_expires", "expires_at"),
)

wallet_session = Table(
    "wallet_session",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("institution", String(32), nullable=False),
    Column("link", String(32), nullable=False),
    Column("kid", String(43), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Index("wallet_session_expires", "expires_at"),
)
