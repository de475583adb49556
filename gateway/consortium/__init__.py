"""Hospitals that share no administrator begin one ledger: what each brings, what all agree on, who signed."""
