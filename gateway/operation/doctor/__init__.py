"""The doctor: examines a node's machine and files, and names for each finding the command that mends it."""
