"""Run scripts in processes forked from this one, which has imported PyTorch.

It reads one script per line from its standard input, as JSON: `script`, `arguments`, and the files
for its `output` and `errors`. It writes the exit code of each, one per line, and ends with its
input.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from typing import Any


def run(asked: dict[str, Any]) -> None:
    """Run a script in this process, as `python -c` would."""
    for number, name in ((1, "output"), (2, "errors")):
        with open(asked[name], "wb") as file:
            os.dup2(file.fileno(), number)
    with open(os.devnull) as nothing:
        os.dup2(nothing.fileno(), 0)
    sys.argv = ["-c", *asked["arguments"]]
    code = 0
    try:
        exec(compile(asked["script"], "<script>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def main() -> None:
    """Fork a process for each line.

    What those need is imported here: the processes that they spawn import this module again.
    """
    # The first optimizer imports it.

    import bot.starter.training.stages  # noqa: F401

    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            run(json.loads(line))
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
