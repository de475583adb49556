"""Engines order entries and keep the ledger; all of them meet one protocol and one conformance suite."""
