"""The gateway's own database (gateway.db): where its tables are gathered, opened and migrated."""
