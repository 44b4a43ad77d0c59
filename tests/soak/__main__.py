"""`python -m tests.soak`."""

from __future__ import annotations

from tests.soak.run import main

main()
