"""What the ledger's machine hands to the contract: a checked and signed entry, and the state.

Only shapes; the machine lives elsewhere and knows nothing of consent. It has already refused a wrong
signature, an unknown key, another ledger's entry, an `at` after the skew, an exceeded quota and a proof that
does not verify.
"""

from typing import Any, NamedTuple, Protocol

Changes = dict[str, dict[str, Any] | None]


class View(Protocol):
    """State by key, as of one moment; enough for every reader."""

    def get(self, key: str) -> dict[str, Any] | None: ...


class ApplyView(View, Protocol):
    """State as of the record that is being made; `index` is the one it will take."""

    @property
    def index(self) -> int: ...


class Entry(Protocol):
    """A signed entry. `proven` is the thumbprint of the payload's key when its proof verified."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def at(self) -> int: ...
    @property
    def payload(self) -> dict[str, Any]: ...
    @property
    def proven(self) -> str | None: ...


class Signer(Protocol):
    """The registered key that signed. `use` is None for a link's key."""

    @property
    def kid(self) -> str: ...
    @property
    def subject(self) -> str: ...
    @property
    def subject_type(self) -> str: ...
    @property
    def use(self) -> str | None: ...


class Case(NamedTuple):
    """One entry before the contract; `time` is the record's, ms UTC, never less than an earlier record's.

    `own_ids`: a link's id begins like its institution's (`links.is_own_id`).
    """

    view: ApplyView
    entry: Entry
    signer: Signer
    time: int
    own_ids: bool
