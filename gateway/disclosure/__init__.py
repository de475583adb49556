"""Releasing records to another institution: decide, write the disclosure on the ledger, then release."""
