"""Files of FHIR resources on the way in: found, unpacked, cut into batches."""
