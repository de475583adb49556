"""Stored hospital records: import, labels, patients, search, and what a person sees of one record."""
