"""Which patient of an institution stands behind which pseudonymous link of the ledger."""
