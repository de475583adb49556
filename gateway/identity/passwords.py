"""Keeps passwords as argon2id hashes (RFC 9106); the library argon2-cffi enters here.

At most two hashes run at once: each takes 64 MiB, and a crowd at the door must not take the machine's memory.
"""

from __future__ import annotations

from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LONGEST = 200
SHORTEST = 12
_AT_ONCE = BoundedSemaphore(2)
_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=1)


class PasswordUnfitError(ValueError):
    """A password too short or too long to be set."""


def hash_password(password: str) -> str:
    """The encoded argon2id hash of a password of 12 to 200 characters."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise PasswordUnfitError(f"a password has {SHORTEST} to {LONGEST} characters")
    with _AT_ONCE:
        return _HASHER.hash(password)


def password_matches(encoded: str | None, password: str) -> bool:
    """Whether it is the password; None stands for no such account and takes the same time."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(encoded or _nobodys(), password[: LONGEST + 1]) and encoded is not None
        except (VerificationError, InvalidHashError, UnicodeEncodeError):
            return False


@cache
def _nobodys() -> str:
    # Nothing is compared with its password: an account of nobody never matches (see above).
    return _HASHER.hash("the password of an account that does not exist")
