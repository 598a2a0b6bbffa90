"""Where our token may go."""

from __future__ import annotations

import pytest

from bot.teams.service_urls import DEFAULT_SERVICE_URL, ServiceUrls

TEAMS = [
    "https://smba.trafficmanager.net/teams/",
    "https://smba.trafficmanager.net/emea/9c2f5a7e-1d34-4b8a-9f60-2e7d8c4b1a55/",
    "https://smba.trafficmanager.net:443/amer",
    "https://smba.infra.gcc.teams.microsoft.com/gcc/",
    "https://smba.infra.gov.teams.microsoft.us/gov/",
]
LOOPBACK = ["http://127.0.0.1:3978/simulators/connector/", "http://localhost:56150/_connector", "http://[::1]:9/x"]
NEVER = [
    "http://smba.trafficmanager.net/teams/",
    "https://smba.trafficmanager.net.evil.example/teams/",
    "https://evil.example/smba.trafficmanager.net/",
    "https://smba.trafficmanager.net@evil.example/",
    "https://user:word@smba.trafficmanager.net/",
    "https://evil.example#smba.trafficmanager.net",
    "https://evil.example\\@smba.trafficmanager.net/",
    "https://smba.trafficmanager.net:8443/",
    "https://smba.trafficmanager.net/teams/?x=1",
    "https://smba.trafficmanager.net:port/",
    "https://smba.trafficmanager.net /",
    "http://127.0.0.1.evil.example/",
    "http://169.254.169.254/",
    "http://10.0.0.1/",
    "file:///etc/passwd",
    "smba.trafficmanager.net",
    "",
    None,
    17,
]


@pytest.mark.parametrize("url", [*TEAMS, DEFAULT_SERVICE_URL])
def test_teams_is_allowed(url: str) -> None:
    assert ServiceUrls().allows(url)


@pytest.mark.parametrize("url", LOOPBACK)
def test_this_machine_only_where_that_was_asked_for(url: str) -> None:
    assert ServiceUrls(allow_loopback=True).allows(url)
    assert not ServiceUrls().allows(url)


@pytest.mark.parametrize("url", NEVER)
def test_nothing_else(url: object) -> None:
    assert not ServiceUrls(allow_loopback=True).allows(url)


def test_the_base_has_no_trailing_slash() -> None:
    assert ServiceUrls().base("https://smba.trafficmanager.net/teams/") == "https://smba.trafficmanager.net/teams"
