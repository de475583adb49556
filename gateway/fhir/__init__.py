"""The FHIR R4 door that other institutions knock at."""
