"""Composed pieces that several tests examine."""

import pytest

from bot.starter.composer.compose import compose
from bot.starter.composer.styles import STYLES


@pytest.fixture(scope="session")
def pieces():
    return [compose(seed, style=style) for style in STYLES for seed in range(12)]
