"""How Alembic reaches the ledger: by the connection that the ledger opened, never by a URL of its own."""

from __future__ import annotations

from alembic import context

from ledger.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    version_table="ledger_version",
)
with context.begin_transaction():
    context.run_migrations()
