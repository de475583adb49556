"""HTTP statuses of the ledger's and the domain's refusals where 409 (Conflict) would mislead."""

STATUSES: dict[str, int] = {}
