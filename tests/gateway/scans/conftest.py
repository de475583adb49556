"""The exchange's small town for the tests of this folder."""

from tests.gateway.wallet.story import story

__all__ = ["story"]
