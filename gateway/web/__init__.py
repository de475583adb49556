"""What every HTTP answer has in common: hosts, headers, problems, limits, events, health."""
