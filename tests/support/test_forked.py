"""The processes that tests fork."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

from tests.support import forked


def test_threads_get_the_exit_codes_of_their_own_processes():
    """Of many that start and end at once, none is lost to another thread."""

    def live(code):
        process = forked.context().Process(target=os._exit, args=(code,))
        forked.launch(process)
        return forked.wait_for(process, 120)

    codes = [number % 100 for number in range(300)]
    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(live, codes)) == codes
