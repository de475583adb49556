"""What everybody may read of the ledger: genesis, checkpoint, hash tiles, and who takes part."""
