"""Runs the migrations over the connection that the caller opened (Alembic's environment file)."""

from alembic import context

from gateway.store import tables
from gateway.store.metadata import metadata

tables.load()
context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter a column in place
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
