"""Counts of what became of offers, and what rules would have avoided."""
