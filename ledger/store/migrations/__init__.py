"""Steps that bring an older ledger file to today's tables; run when it is opened for writing."""
