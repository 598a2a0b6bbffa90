"""An operator that is listened to: the owner killed, the network cut, the log-in expired; no popup twice, and nothing
lost that the snapshot can tell. The calls are the exchange's; its other way out, the webhook, is shut meanwhile."""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.scenarios.test_nodes import check_the_usual_end, either_toast, finish_as_if_nothing_had_happened, kill
from tests.support.live.play import Play
from tests.support.live.processes import run_program, smartcall
from tests.support.live.stack import COMPANY_FILES, Stack
from tests.support.live.waiting import PATIENCE, until

pytestmark = [pytest.mark.processes, pytest.mark.timeout(180)]

COMPANY_FILE = COMPANY_FILES[1]
CONNECTION = """
[[connections]]
id = "5e1f0a60-0b0e-4c8e-9f6a-7a1d3c5e9b02"
kind = "operator"
type = "phonero"
name = "Bedriftsnett"
settings = { customer_id = "4711", base_url = "${SCENARIO_TWINS}/phonero", ping_seconds = 1 }
secrets = { username = { env = "SCENARIO_PHONERO_USER" }, password = { env = "SCENARIO_PHONERO_PASSWORD" } }
"""


class Stream(Play):
    """A play whose calls come through the stream."""

    async def listening(self, count: int = 1, *, seconds: float = PATIENCE) -> None:
        async def heard() -> bool:
            return (await self.stack.ask("GET", "phonero/_state"))["listeners"] == count

        await until(heard, seconds)

    async def steady(self) -> None:
        """Wait until the connection has stood long enough to count as one that worked: then the next is not put off."""

        async def stood() -> bool:
            (row,) = await self.stack.sql(
                "SELECT connected_at < now() - interval '2.5 seconds' AND trouble IS NULL AS well FROM smartcall.stream"
            )
            return bool(row["well"])

        await until(stood)

    async def disturb(self, **order: object) -> None:
        await self.stack.ask("PUT", "phonero/_stream", order)

    async def apply(self, *files: Path) -> None:
        twin = self.stack.world["phonero"]
        more = {"SCENARIO_PHONERO_USER": twin["username"], "SCENARIO_PHONERO_PASSWORD": twin["password"]}
        done = await self.stack.apply(*files, **more)
        assert done.code == 0, done.err

    async def trouble(self) -> str | None:
        (row,) = await self.stack.sql("SELECT trouble FROM smartcall.stream")
        return row["trouble"]  # type: ignore[no-any-return]


def with_stream(text: str, *, ping_seconds: float = 1) -> str:
    """The scenarios' company, with an operator that is listened to besides."""
    head, mark, rest = text.partition("[[employees]]")
    return head + CONNECTION.replace("ping_seconds = 1", f"ping_seconds = {ping_seconds}") + mark + rest


@pytest.fixture(scope="module")
def companies(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Its file, and the same with a setting changed."""
    text = COMPANY_FILE.read_text(encoding="utf-8")
    folder = tmp_path_factory.mktemp("company")
    files = (folder / "company.toml", folder / "changed.toml")
    for file, seconds in zip(files, (1, 1.5), strict=True):
        file.write_text(with_stream(text, ping_seconds=seconds), encoding="utf-8")
    return files


@pytest.fixture(scope="module")
async def listened_to(stack: Stack, companies: tuple[Path, Path]) -> AsyncIterator[None]:
    """For this file's tests alone: to all others every call would come twice."""
    await stack.need_node("a")
    playing = Stream(stack)
    await playing.apply(companies[0])
    yield
    await playing.apply(COMPANY_FILE)
    await playing.listening(0)


@pytest.fixture
async def stream(stack: Stack, listened_to: None) -> AsyncIterator[Stream]:
    await stack.only("a")
    playing = Stream(stack)
    await playing.begin()
    await stack.ask("PUT", "exchange/target", {"url": "", "format": "form", "secret": None})
    await playing.listening()
    yield playing
    await stack.ask("DELETE", "control/phonero/faults")
    await playing.disturb()
    await playing.end()


async def test_a_call_through_the_stream(stream: Stream) -> None:
    await stream.ring(caller="22334455", to="90000001")
    await stream.see(who="Kari", state="Ringer", name="Nora Lie")
    await finish_as_if_nothing_had_happened(stream)
    await check_the_usual_end(stream)


async def test_a_queue_through_the_stream(stream: Stream) -> None:
    await stream.ring(caller="22334455", queue="Salg")
    for who in ("Kari", "Ola", "Amina"):
        await stream.see(who=who, state="Ringer", name="Nora Lie")
    await stream.answer(by="90000002")
    await stream.see(who="Ola", state="Besvart av deg")
    await stream.see(who="Kari", state="Besvart av Ola Berg")
    await stream.hang_up()
    await stream.see(who="Ola", state="Samtale avsluttet", journal=True)
    await stream.quiet()
    assert [len(await stream.toasts(who)) for who in ("Kari", "Ola", "Amina")] == [1, 1, 1]
    assert len(await stream.journal()) == 1


async def test_the_owner_is_killed_and_another_node_takes_over(stream: Stream) -> None:
    """Meanwhile one call ends and another begins: the snapshot tells both."""
    await stream.ring(caller="22334455", to="90000001")
    await stream.see(who="Kari", state="Ringer", name="Nora Lie")
    await stream.answer(by="90000001")
    await stream.see(who="Kari", state="Besvart av deg")
    await stream.stack.only("a", "b")
    await kill(stream, "a")
    await stream.hang_up()
    await stream.ring(caller="22334455", to="90000002", call="new")
    await stream.listening(0)
    stream.stack.lead_to("b")
    await stream.listening(1)
    await stream.see(who="Ola", state="Ringer", name="Nora Lie")
    await stream.see(who="Kari", state="Samtale avsluttet", journal=True)
    await stream.hang_up(call="new")
    await stream.quiet()
    (kari,), (ola,) = await stream.cards("Kari"), await stream.cards("Ola")
    assert kari.state == "Samtale avsluttet"  # nobody knows how long it lasted
    assert ola.state.startswith("Tapt anrop")
    assert [len(await stream.toasts(who)) for who in ("Kari", "Ola")] == [1, 1]


async def test_the_owner_is_stopped_and_lets_go_at_once(stream: Stream) -> None:
    await stream.stack.only("a", "b")
    await stream.ring(caller="22334455", to="90000001")
    await stream.see(who="Kari", state="Ringer", name="Nora Lie")
    node = stream.stack.nodes["a"]
    node.signal(signal.SIGTERM)
    assert await node.ended(10) == 0
    stream.stack.lead_to("b")
    await stream.listening()
    await finish_as_if_nothing_had_happened(stream)
    await check_the_usual_end(stream, toast=await either_toast(stream))


async def test_a_network_that_is_cut_for_a_while(stream: Stream) -> None:
    """What was answered, what has ended and what has begun meanwhile; the second time it comes back, nothing is new."""
    await stream.ring(caller="22334455", to="90000001")
    await stream.ring(caller="91234567", to="90000003", call="lost")
    await stream.see(who="Kari", state="Ringer", name="Nora Lie")
    await stream.see(who="Amina", state="Ringer")
    await stream.steady()
    await stream.disturb(cut=True, refuse_seconds=5)
    await stream.answer(by="90000001")
    await stream.hang_up(call="lost")
    await stream.ring(caller="22334455", to="90000002", call="new")
    await stream.listening(0)
    await stream.listening()
    await stream.see(who="Kari", state="Besvart av deg")
    await stream.see(who="Ola", state="Ringer", name="Nora Lie")
    await stream.see(who="Amina", state="Samtale avsluttet")
    await stream.steady()
    await stream.disturb(cut=True)
    await stream.listening()
    await stream.hang_up(call="new")
    await stream.hang_up()
    await stream.see(who="Kari", state="Samtale avsluttet", journal=True)
    await stream.quiet()
    assert [len(await stream.cards(who)) for who in ("Kari", "Ola", "Amina")] == [1, 1, 1]
    assert [len(await stream.toasts(who)) for who in ("Kari", "Ola", "Amina")] == [1, 1, 1]


@pytest.mark.timeout(300)
async def test_a_network_that_is_cut_for_a_minute(stream: Stream) -> None:
    """Long enough for the tries to come seldom, every 20 s, and for what began meanwhile to be no news any more. Nearly
    all of this is waiting, beside tests that work."""
    await stream.ring(caller="22334455", to="90000001")
    await stream.ring(caller="91234567", to="90000003", call="lost")
    await stream.see(who="Kari", state="Ringer", name="Nora Lie")
    await stream.see(who="Amina", state="Ringer")
    await stream.answer(by="90000003", call="lost")
    await stream.see(who="Amina", state="Besvart av deg")
    await stream.steady()
    await stream.disturb(cut=True, refuse_seconds=60)
    await stream.answer(by="90000001")
    await stream.hang_up(call="lost")
    await stream.ring(caller="+46812345678", to="90000002", call="old")
    await stream.listening(0)
    await stream.listening(seconds=60 + 20 + PATIENCE)
    await stream.see(who="Kari", state="Besvart av deg")
    await stream.see(who="Amina", state="Samtale avsluttet")
    await stream.hang_up(call="old")
    await stream.hang_up()
    await stream.see(who="Kari", state="Samtale avsluttet", journal=True)
    await stream.ring(caller="22334455", to="90000002", call="new")
    await stream.see(who="Ola", state="Ringer", name="Nora Lie")
    await stream.hang_up(call="new")
    await stream.see(who="Ola", state="Tapt anrop", journal=True)
    await stream.quiet()
    assert [len(await stream.cards(who)) for who in ("Kari", "Ola", "Amina")] == [1, 1, 1]
    assert [len(await stream.toasts(who)) for who in ("Kari", "Ola", "Amina")] == [1, 1, 1]
    assert sorted(entry["properties"]["hs_call_title"] for entry in await stream.journal()) == [
        "Innkommende samtale, besvart av Amina Ali",
        "Innkommende samtale, besvart av Kari Hansen",
        "Tapt anrop, innringeren la på",
        "Tapt anrop, innringeren la på",
    ]


async def test_a_session_that_has_expired_is_replaced(stream: Stream) -> None:
    await stream.ring(caller="22334455", to="90000001")
    await stream.see(who="Kari", state="Ringer", name="Nora Lie")
    await stream.steady()
    await stream.disturb(expire=True)
    await stream.listening()
    await finish_as_if_nothing_had_happened(stream)
    await check_the_usual_end(stream)
    assert (await stream.stack.ask("GET", "phonero/_state"))["sessions"] == 1


async def test_a_log_in_that_is_refused_waits_for_an_administrator(
    stream: Stream, companies: tuple[Path, Path]
) -> None:
    await stream.steady()
    await stream.fault(system="phonero", path="/authenticate", status=401)
    await stream.disturb(expire=True)

    async def noted() -> bool:
        return await stream.trouble() == "sign_in"

    await until(noted)
    asked = len(await stream.requests("phonero", "POST", "/authenticate"))
    code, report = await doctor(stream)
    assert code == 1
    assert "Bedriftsnett, log-in and snapshot: the key, secret or consent is refused" in report
    assert "not connected; the log-in is refused" in report
    await stream.stack.ask("DELETE", "control/phonero/faults")
    assert len(await stream.requests("phonero", "POST", "/authenticate")) <= asked + 1  # the doctor's own
    await stream.apply(companies[1])
    await stream.listening()


async def test_silence_is_noticed(stream: Stream) -> None:
    """The connection stands, and nothing comes through it any more."""
    await stream.steady()
    await stream.disturb(silent=True)
    await stream.ring(caller="22334455", to="90000001")

    async def noticed() -> bool:
        return await stream.trouble() == "lost"

    await until(noticed)
    await stream.disturb(cut=True)
    await stream.see(who="Kari", state="Ringer", name="Nora Lie")
    await finish_as_if_nothing_had_happened(stream)
    await check_the_usual_end(stream)


async def test_the_doctor_says_who_listens(stream: Stream) -> None:
    async def connected() -> bool:
        return bool((await stream.stack.sql("SELECT connected_at IS NOT NULL AS there FROM smartcall.stream"))[0][0])

    await until(connected)
    _, report = await doctor(stream)
    lines = [line for line in report.splitlines() if "Bedriftsnett" in line]
    assert lines[0] == "ok    Fjordvik AS: operator Bedriftsnett, log-in and snapshot"
    assert lines[1].startswith("ok    Fjordvik AS: operator Bedriftsnett, listened to by ")
    assert "last heard" in lines[1]


async def doctor(stream: Stream) -> tuple[int, str]:
    done = await run_program(smartcall("doctor"), stream.stack.environment())
    assert "Traceback" not in done.out + done.err
    return done.code, done.out


async def test_a_connection_that_is_taken_out_is_hung_up(stream: Stream, companies: tuple[Path, Path]) -> None:
    await stream.apply(COMPANY_FILE)
    await stream.listening(0)
    await stream.apply(companies[0])
    await stream.listening()
