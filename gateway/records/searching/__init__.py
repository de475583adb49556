"""FHIR searches and reads, each row held against the scope inside the SQL."""
