"""`zhiyin plan`: how many people can be served at a given pace."""

from __future__ import annotations

import json

import pytest

from bot.cli.app import main


@pytest.fixture(autouse=True)
def two_cores(monkeypatch):
    """Plan for two threads: with more, the bot's own work takes a smaller share."""
    monkeypatch.setenv("ZHIYIN_ENGINE_THREADS", "2")


def planned(capsys, *words):
    """The command's JSON output."""
    assert main(["plan", "--pace", "1.3,3.5", "--people", "5,60", "--json", *words]) == 0
    return json.loads(capsys.readouterr().out)


def test_more_people_wait_longer_and_more_machines_serve_more(capsys):
    """Twice the machines serve about twice as many."""
    one = planned(capsys)
    few, many = one["people"]
    assert few["half"] < 10 < 60 < many["half"] < many["nearly_all"]
    two = planned(capsys, "--machines", "2", "--people", "5")
    assert 1.8 < two["most_people"] / one["most_people"] < 2.3


def test_the_table_states_its_assumptions(capsys):
    """Pace, habits, a row for each number of people, and the number served well."""
    assert main(["plan", "--pace", "1.3,3.5", "--people", "5,20", "--within", "30"]) == 0
    output = capsys.readouterr().out
    assert "1.3 seconds of music a second for one clip, 3.5 for 8 at once" in output
    assert "asks for 10 s of music, listens, and asks again 60 s after" in output
    assert "within 30 s, in 95 of 100 cases" in output


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--pace", "fast"], "--pace is two numbers"),
        (["--people", "0"], "--people is numbers from 1"),
        (["--pause", "-1"], "--seconds, --pause and --within"),
    ],
)
def test_invalid_plan_arguments_are_refused(capsys, words, complaint):
    """The sentence names the valid range."""
    assert main(["plan", "--pace", "1.3,3.5", *words]) == 1
    assert complaint in capsys.readouterr().err
