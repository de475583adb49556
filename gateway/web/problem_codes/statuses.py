"""HTTP statuses of the ledger's and the domain's answers where 409 (Conflict) would mislead.

400: the bytes are wrong, whatever the state. 429: later. 503: an outage, no judgement was made.
"""

_MALFORMED = (
    "alg-wrong",
    "checkpoint-form",
    "checkpoint-origin",
    "compact-form",
    "encoding-not-canonical",
    "entry-form",
    "genesis-form",
    "genesis-signatures",
    "header-wrong",
    "json-duplicate-key",
    "json-invalid",
    "json-not-object",
    "key-invalid",
    "kid-wrong",
    "length-wrong",
    "note-form",
    "note-signature",
    "number-not-integer",
    "number-out-of-range",
    "receipt-form",
    "receipt-inclusion",
    "record-form",
    "signature-invalid",
    "signature-length",
    "text-not-unicode",
    "too-deep",
    "too-long",
    "typ-wrong",
)
_OUTAGES = (
    "checkpoint-key-differs",
    "checkpoint-key-missing",
    "file-damaged",
    "genesis-differs",
    "genesis-invalid",
    "heads-differ",
    "ledger-busy",
    "ledger-closed",
    "ledger-locked",
    "ledger-missing",
    "outcome-unknown",
    "root-differs",
    "schema-newer",
    "schema-older",
    "size-differs",
    "storage-failed",
)
STATUSES: dict[str, int] = {
    **dict.fromkeys(_MALFORMED, 400),
    **dict.fromkeys(_OUTAGES, 503),
    "quota-exceeded": 429,
}
