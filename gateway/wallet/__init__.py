"""What a patient's phone asks of an institution: references, sign-in, timeline, own records, entries."""
