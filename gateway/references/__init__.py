"""One-time references: what a QR code names, for an invitation at the desk or a question of a doctor."""
