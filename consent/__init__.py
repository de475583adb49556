"""The domain of consent: who may read what, for what, until when; pure rules, no I/O, no clock."""
