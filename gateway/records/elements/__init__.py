"""The elements of FHIR resources: text, dates, quantities, references, and the facts that they give."""
