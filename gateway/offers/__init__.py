"""The patient starts: a box at one institution, open for one doctor's signed request, for ten minutes."""
