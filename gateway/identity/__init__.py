"""Who is acting: staff accounts and sessions, roles, and the institution's own keys."""
