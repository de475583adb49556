"""Signed entries that wait until the members of the consortium agree again."""
