"""Synthetic patients for the demonstration: made by rule from a seed, resembling nobody."""
