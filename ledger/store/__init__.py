"""Where the ledger lies on disk: the ledger's only door to SQLAlchemy and Alembic."""
