"""What keeps a node running for years: its ledger's known length, backups and their return, the doctor."""
