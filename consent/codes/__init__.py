"""The words of every refusal of consent in two languages, one table a concern; gathered in consent.errors."""
