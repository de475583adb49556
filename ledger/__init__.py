"""The ledger that hospitals keep together: bytes, hashes, signatures and the engine that orders entries."""
