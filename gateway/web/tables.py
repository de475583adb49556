"""Token buckets of the rate limits, in the database so that a restart does not refill them."""

from sqlalchemy import BigInteger, Column, Index, String, Table

from gateway.store.metadata import metadata

rate_bucket = Table(
    "rate_bucket",
    metadata,
    Column("name", String(200), primary_key=True),
    Column("full_at", BigInteger, nullable=False),  # ms: when the bucket will be full again
    Index("ix_rate_bucket_full_at", "full_at"),
)
