"""Four validators on this machine, measured beside CometBFT's own kvstore with the same settings."""
