"""A doctor asks a patient for records held elsewhere, takes the answer, and shows what was granted."""
