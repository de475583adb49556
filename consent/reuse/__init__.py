"""Whether a result that exists may stand in for one that is about to be ordered; pure rules, no I/O, no clock."""
