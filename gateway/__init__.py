"""The gateway is the door: HTTP, people, QR codes and records stand here, in front of the ledger."""
