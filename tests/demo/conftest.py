"""Settings that all tests of the page share."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

PATIENCE_SECONDS = 60.0


@pytest.fixture(autouse=True, scope="session")
def patient_expectations():
    """Give expectations more time: the browsers share the processors with other tests."""
    expect.set_options(timeout=PATIENCE_SECONDS * 1000)
