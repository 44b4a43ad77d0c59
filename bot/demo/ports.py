"""The port of the demo's page: the requested one, or the first free one."""

from __future__ import annotations

import errno
import socket

from bot.errors import RequestError, ResourceError
from bot.i18n.sentence import Sentence

USUAL_PORT = 8766
MOST_PORT = 65535
_TRIES = 20

WRONG_PORT = Sentence("--port is a number from 0 to {most}, not {port}.")
NOT_TO_BE_HAD = Sentence("Port {port} can't be used ({strerror}).")
ANOTHER_IS_FREE = Sentence(
    "Port {port} can't be used ({strerror}): close what uses it, perhaps another demo, or take "
    "--port {free}, which is free."
)
WRONG_HOST = Sentence("This machine has no address {host} ({strerror}).")


def listen(host: str, port: int | None, *, usual: int = USUAL_PORT) -> socket.socket:
    """Return a listening socket: on `port`, or if None on the first free one.

    Tried are the usual port and those after it; port 0 is any. Raises RequestError for an invalid
    number, ResourceError, with a free port, if the requested one is not available.
    """
    if port is not None and not 0 <= port <= MOST_PORT:
        raise RequestError(WRONG_PORT.fill(most=MOST_PORT, port=port))
    wanted = usual if port is None else port
    try:
        return _listen(host, wanted)
    except OSError as error:
        strerror = error.strerror or str(error)
        if error.errno == errno.EADDRNOTAVAIL or isinstance(error, socket.gaierror):
            raise ResourceError(WRONG_HOST.fill(host=host, strerror=strerror)) from error
        found = _next_free(host, wanted)
        if found is None:
            raise ResourceError(NOT_TO_BE_HAD.fill(port=wanted, strerror=strerror)) from error
        if port is None:
            return found
        with found:
            free = found.getsockname()[1]
        refused = ANOTHER_IS_FREE.fill(port=port, strerror=strerror, free=free)
        raise ResourceError(refused) from error


def _next_free(host: str, taken: int) -> socket.socket | None:
    for port in [*range(taken + 1, min(taken + _TRIES, MOST_PORT) + 1), 0]:
        try:
            return _listen(host, port)
        except OSError:
            continue
    return None


def _listen(host: str, port: int) -> socket.socket:
    # Not socket.create_server, which changes the text of errors.
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        listening.listen()
    except BaseException:
        listening.close()
        raise
    return listening
