"""The clinic's program: asks the hospital for a token, and for what a patient granted."""

from __future__ import annotations

import json
from typing import Any

from werkzeug.test import TestResponse

from tests.gateway.hostile.doors import peer_bearer, token_form
from tests.gateway.hostile.knocks import knock
from tests.gateway.wallet.story import Story


class Grantee:
    """The clinic's program with a token for one grant at the hospital."""

    def __init__(self, story: Story, **terms: Any) -> None:
        self.story, self.phone = story, story.linked()
        self.reference, self.offer = story.granted(self.phone, **terms)
        self.grant = str(self.offer["grant"])

    def token(self, **changes: Any) -> dict[str, str]:
        return peer_bearer(self.story, self.grant, **changes)

    def ask(self, signed: str, **form: str) -> TestResponse:
        url = f"/i/{self.story.hospital}/token"
        return knock(self.story.gw, self.story.client(), "POST", url, data={**token_form(signed), **form})

    def get(self, path: str, bearer: dict[str, str], **more: str) -> TestResponse:
        """A path below the FHIR address, or a whole link that the server gave."""
        url = path.removeprefix("http://localhost:8080")
        url = url if url.startswith("/i/") else f"/i/{self.story.hospital}/fhir/{url}"
        return knock(self.story.gw, self.story.client(), "GET", url, headers={**bearer, **more})

    def next_of(self, answer: TestResponse) -> str:
        links = {one["relation"]: one["url"] for one in json.loads(answer.data)["link"]}
        return str(links["next"])

    def revoke(self) -> None:
        assert self.phone.submit("grant.revoke", grant=self.grant).status_code == 201
