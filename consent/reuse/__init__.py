"""Whether a result that exists may stand in for one about to be ordered; pure rules, no I/O, no clock."""
