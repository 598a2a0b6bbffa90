"""What the company and its people choose in a scenario; put back at its end."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping

from tests.support.live.stack import COMPANY_FILES, PEOPLE, Stack
from tests.support.live.waiting import until
from tests.support.live.watching import Watching


class Choosing(Watching):
    def __init__(self, stack: Stack) -> None:
        super().__init__(stack)
        self._settings_cards: dict[str, str] = {}  # of those who chose for themselves in this scenario, by name
        self._changed_company = False

    async def company(self, **settings: str) -> None:
        """The company decides so, with `smartcall apply`; put back in the end."""
        file = COMPANY_FILES[1]
        lines = [f"{name} = {json.dumps(value)}" for name, value in settings.items()]
        head, mark, rest = file.read_text(encoding="utf-8").partition("[[connections]]")
        text = "\n".join([head + "[tenant.settings]", *lines, "", mark + rest])
        changed = self.stack.nursery.logs.with_name("changed-company.toml")
        changed.write_text(text, encoding="utf-8")
        done = await self.stack.apply(changed)
        assert done.code == 0, done.err
        self._changed_company = True

    async def prefer(self, *, who: str, **chosen: str) -> None:
        """Before any call: somebody asks for their settings, changes some, and saves; put back in the end."""
        before = {message["id"] for message in await self.messages(who)}
        await self.stack.ask("POST", f"teams/users/{PEOPLE[who]}/messages", {"text": "innstillinger"})

        async def answered() -> list[str]:
            return [each["id"] for each in await self.messages(who) if each["card"] and each["id"] not in before]

        (self._settings_cards[who],) = await until(answered)
        await self._save_preferences(who, chosen)
        await self.remember()

    async def _save_preferences(self, who: str, chosen: Mapping[str, str]) -> None:
        """What is not chosen is as the company has it."""
        state = await self.stack.ask("GET", "teams/state")
        (card,) = [each["card"] for each in state["messages"] if each["id"] == self._settings_cards[who]]
        inputs = {item["id"]: item for item in card["body"] if "id" in item}
        assert set(chosen) <= set(inputs), f"nothing to choose for {set(chosen) - set(inputs)}"
        usual = {name: "company" if "choices" in item else item["value"] for name, item in inputs.items()}
        body = {"message": self._settings_cards[who], "verb": "save_preferences", "data": {**usual, **chosen}}
        done = await self.stack.ask("POST", f"teams/users/{PEOPLE[who]}/invoke", body)
        assert done["applied"] == "card", done

    async def rest(self) -> None:
        """Let everything be done that can be, and choose as before the scenario."""
        with contextlib.suppress(TimeoutError):
            await until(self._at_rest)
        for who in self._settings_cards:
            await self._save_preferences(who, {})
        if self._changed_company:
            assert (await self.stack.apply(COMPANY_FILES[1])).code == 0
