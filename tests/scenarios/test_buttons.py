"""What employees do in Teams: buttons, texts, and what others try with them."""

from __future__ import annotations

import json

import pytest

from tests.support.live.play import Play
from tests.support.live.stack import BOT_APP_ID, PEOPLE, TENANT

pytestmark = pytest.mark.processes


async def test_searching_again_finds_who_was_entered_meanwhile(play: Play) -> None:
    await play.ring(caller="40112233", to="90000001")
    await play.see(who="Kari", state="Ringer", name="401 12 233")
    await play.quiet()
    await play.add_contact(firstname="Mona", lastname="Ny", jobtitle="Daglig leder", mobilephone="40112233")
    done = await play.press(who="Kari", button="Søk igjen", retry=1)
    assert done["applied"] == "card"
    assert [attempt["status"] for attempt in done["attempts"]] == [200, 200]
    assert done["attempts"][0]["body"] == done["attempts"][1]["body"]
    await play.see(who="Kari", state="Ringer", name="Mona Ny")
    await play.quiet()
    assert len(await play.requests("hubspot", "POST", "/contacts/search")) == 2  # at first, and for two equal presses
    await play.answer()
    await play.hang_up()
    await play.see(who="Kari", journal=True)
    await play.quiet()
    (card,) = await play.cards("Kari")
    assert (card.name, card.buttons) == ("Mona Ny", ("Åpne i HubSpot", "Lagre"))
    (toast,) = await play.toasts("Kari")  # whether it says that nobody knew the number, the sources' speed decides
    assert "401 12 233" in toast.text
    (entry,) = await play.journal()
    contacts = (await play.records())["contacts"]  # of all scenarios before this one, too
    (contact,) = [each for each in contacts if each["properties"].get("mobilephone") == "40112233"]
    assert entry["associations"] == {"contacts": [contact["id"]]}


async def test_a_number_of_somebody_who_is_there(play: Play) -> None:
    """Searched for by name, chosen with one press that comes twice, and known: on the card, in the journal, in the CRM.
    What happens meanwhile leaves the form alone."""
    await play.ring(caller="40112244", to="90000001")
    await play.see(who="Kari", state="Ringer", name="401 12 244")
    await play.quiet()
    assert (await play.press(who="Kari", button="Legg til på eksisterende"))["applied"] == "card"
    done = await play.press(who="Kari", button="Søk", typed={"search": "nora lie"})
    assert done["applied"] == "card"
    await play.answer()
    await play.hang_up()
    await play.quiet()
    (card,) = await play.cards("Kari")
    assert (card.state, card.buttons) == (
        "Ringer", ("Slå opp i Gulesider", "Søk", "Avbryt", "Velg Nora Lie · Innkjøpssjef · Havnelageret AS"),
    )  # fmt: skip
    done = await play.press(who="Kari", button="Velg Nora Lie · Innkjøpssjef · Havnelageret AS", retry=1)
    assert done["applied"] == "card"
    await play.see(who="Kari", state="Samtale avsluttet", name="Nora Lie", journal=True)
    await play.quiet()
    (entry,) = await play.journal()
    assert entry["associations"] == {"contacts": ["101"]}
    (nora,) = [each for each in (await play.records())["contacts"] if each["id"] == "101"]
    assert (nora["properties"]["phone"], nora["properties"]["mobilephone"]) == ("22 33 44 55", "+4740112244")
    assert len(await play.requests("hubspot", "PATCH")) == 1


async def test_choosing_another_match(play: Play) -> None:
    await play.ring(caller="91234567", to="90000002")
    await play.see(who="Ola", state="Ringer", name="Per Bakke")
    await play.quiet()
    assert (await play.press(who="Ola", button="Velg"))["applied"] == "card"
    await play.see(who="Ola", state="Ringer", name="Siv Bakke")
    await play.answer()
    await play.hang_up()
    await play.see(who="Ola", journal=True)
    await play.quiet()
    (card,) = await play.cards("Ola")
    assert card.name == "Siv Bakke"
    assert card.urls["Åpne i HubSpot"].endswith("/record/0-1/103")
    (entry,) = await play.journal()
    assert entry["associations"]["contacts"] == ["103"]


async def test_a_choice_made_after_the_call_moves_the_entry(play: Play) -> None:
    """The journal was written for the first match; the employee knows better. There is still one entry."""
    await play.ring(caller="91234567", to="90000003")
    await play.see(who="Amina", state="Ringer", name="Per Bakke")
    await play.hang_up(cause="busy")
    await play.see(who="Amina", state="Opptatt", journal=True)
    await play.quiet()
    assert (await play.press(who="Amina", button="Velg"))["applied"] == "card"
    await play.see(who="Amina", state="Opptatt", name="Siv Bakke")
    await play.quiet()
    assert len(await play.journal()) == 1


async def test_a_colleagues_popup_is_refused(play: Play) -> None:
    for caller, line in (("90099887", "90000001"), ("90099886", "90000002")):
        await play.ring(caller=caller, to=line, call=line)
    await play.see(who="Kari", state="Ringer")
    await play.see(who="Ola", state="Ringer")
    await play.quiet()
    (his,), (hers,) = await play.cards("Ola"), await play.cards("Kari")
    asked = len(await play.requests("hubspot"))
    done = await play.press(who="Ola", verb="search_again", data=dict(hers.asks["Søk igjen"]["data"]), force=1)
    assert (done["status"], done["applied"]) == (200, None)
    assert (done["body"]["statusCode"], done["error"]) == (403, "Dette anropet gjelder en annen.")
    await play.quiet()
    assert await play.cards("Ola") == [his]
    assert await play.cards("Kari") == [hers]
    assert len(await play.requests("hubspot")) == asked


@pytest.mark.parametrize(
    ("verb", "data"),
    [
        ("launch_rockets", None),
        ("search_again", {}),
        ("search_again", {"popup_id": "no id"}),
        ("choose_match", {"popup_id": "00000000-0000-4000-8000-000000000000", "index": 0}),
        ("search_again", {"popup_id": "00000000-0000-4000-8000-000000000000"}),
    ],
)
async def test_presses_that_mean_nothing(play: Play, verb: str, data: dict[str, object] | None) -> None:
    await play.ring(to="90000003")
    await play.see(who="Amina", state="Ringer")
    before = await play.cards("Amina")
    done = await play.press(who="Amina", verb=verb, data={"popup_id": "x"} if data is None else data, force=1)
    assert done["status"] == 200
    assert (
        done["error"] == "Knappen virker ikke lenger." or done["notice"] == "Dette anropet er ikke tilgjengelig lenger."
    )
    await play.quiet()
    assert await play.cards("Amina") == before


async def test_a_text_is_answered_in_words(play: Play) -> None:
    await play.write(who="Kari", text="Hvem ringte i går?")
    (message,) = await play.messages("Kari")
    assert message["text"].startswith("Jeg kan ikke svare på meldinger")


async def test_a_press_of_an_old_client(play: Play) -> None:
    """Action.Submit has no answer that could carry a card: the message itself is updated."""
    await play.ring(caller="90099885", to="90000001")
    await play.see(who="Kari", state="Ringer", name="900 99 885")
    await play.quiet()
    (card,) = await play.cards("Kari")
    data = card.asks["Søk igjen"]["fallback"]["data"]
    asked = len(await play.requests("hubspot", "POST", "/contacts/search"))
    body = {"message": card.id, "data": data}
    done = await play.stack.ask("POST", f"teams/users/{PEOPLE['Kari']}/submit?force=1", body)
    assert done["status"] == 200
    await play.asked(system="hubspot", method="POST", path="/contacts/search", times=asked + 1)
    await play.quiet()
    assert len(await play.messages("Kari")) == 1


WRONG_TOKENS = {
    "expired": {"exp_in": -3600},
    "not valid yet": {"nbf_in": 3600},
    "other audience": {"aud": "00000000-0000-4000-8000-000000000000"},
    "other issuer": {"iss": "https://login.example"},
    "other service": {"serviceurl": "https://smba.example/"},
    "no issuer": {"omit": ["iss"]},
    "no audience": {"omit": ["aud"]},
    "no expiry": {"omit": ["exp"]},
    "no service": {"omit": ["serviceurl"]},
    "unsigned": {"alg": "none"},
    "symmetric": {"alg": "HS256"},
    "unknown key": {"kid": "nobody's"},
    "no key": {"kid": None},
    "another channel's key": {"endorsed": False},
    "broken signature": {"broken": True},
}


@pytest.mark.parametrize("wish", WRONG_TOKENS.values(), ids=WRONG_TOKENS.keys())
async def test_a_press_with_a_wrong_token(play: Play, wish: dict[str, object]) -> None:
    token = (await play.stack.ask("POST", "teams/token", wish))["token"]
    status, _ = await play.send("/api/messages", _press(play), {**_JSON, "Authorization": f"Bearer {token}"})
    assert status == 401


async def test_the_right_token_and_none(play: Play) -> None:
    token = (await play.stack.ask("POST", "teams/token", {}))["token"]
    status, text = await play.send("/api/messages", _press(play), {**_JSON, "Authorization": f"Bearer {token}"})
    assert (status, json.loads(text)["statusCode"]) == (200, 403)  # let in, and nobody we know
    for headers in (
        {},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic eDp5"},
        {"Authorization": "Bearer a.b.c"},
    ):
        assert (await play.send("/api/messages", _press(play), {**_JSON, **headers}))[0] == 401


_JSON = {"Content-Type": "application/json"}


def _press(play: Play) -> bytes:
    """A press as Teams would send it, by somebody who is no employee of ours."""
    service_url = f"{play.stack.twins}/connector/"
    activity = {
        "type": "invoke",
        "name": "adaptiveCard/action",
        "channelId": "msteams",
        "serviceUrl": service_url,
        "from": {"id": "29:guest", "aadObjectId": "6c1d2e3f-0000-4000-8000-000000000001"},
        "recipient": {"id": f"28:{BOT_APP_ID}"},
        "conversation": {"id": "a:1", "conversationType": "personal", "tenantId": TENANT},
        "channelData": {"tenant": {"id": TENANT}},
        "value": {"action": {"type": "Action.Execute", "verb": "nothing", "data": {}}, "trigger": "manual"},
    }
    return json.dumps(activity).encode()


async def test_what_an_employee_can_say(play: Play) -> None:
    await play.ring(caller="22334455", to="90000002")
    await play.see(who="Ola", state="Ringer", name="Nora Lie")
    await play.hang_up(cause="cancel")
    await play.see(who="Ola", journal=True)
    await play.quiet()
    for text in ("Siste!", "call +47 22 33 44 55", "ring Nora", "hjelp", "innstillinger"):
        await play.write(who="Ola", text=text)
    _, recent, call, no_number, help_, settings = await play.messages("Ola")
    assert "Nora Lie" in json.dumps(recent["card"])
    assert "users=4:%2B4722334455" in json.dumps(call["card"])
    assert no_number["text"].startswith("Jeg trenger et nummer")
    assert "siste" in help_["text"]
    data = {item["id"]: item["value"] for item in settings["card"]["body"] if "id" in item}
    try:
        body = {"message": settings["id"], "verb": "save_preferences", "data": {**data, "language": "en"}}
        done = await play.stack.ask("POST", f"teams/users/{PEOPLE['Ola']}/invoke", body)
        assert done["applied"] == "card"
        await play.write(who="Ola", text="help")
        assert (await play.messages("Ola"))[-1]["text"].startswith("Write recent")
    finally:
        await play.stack.ask("POST", f"teams/users/{PEOPLE['Ola']}/invoke", {**body, "data": data})
