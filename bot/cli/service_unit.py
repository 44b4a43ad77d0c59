"""The bot's systemd unit: hardened, but compatible with the bot's own sandbox.

Files from strangers are decoded behind namespaces, Landlock and a seccomp filter
(`bot/audio/untrusted/launcher.py`). The unit must allow what those need: the four kinds of
namespaces that the launcher creates, its system calls, and child processes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

UNIT_FILE = "zhiyin.service"
SYSTEM_UNITS = Path("/etc/systemd/system")
USER_UNITS = "~/.config/systemd/user"

_NOT_PLAIN = re.compile(r"[^\w./:@+,-]", re.ASCII)

_UNIT = """\
# Written by `zhiyin service install`.
[Unit]
Description=Zhiyin, a Discord bot that makes music
After=network-online.target
Wants=network-online.target
# However often it fails, it is started again.
StartLimitIntervalSec=0

[Service]
{identity}WorkingDirectory={working_folder}
ExecStart={program} run --config {config_file}
Restart=on-failure
RestartSec=10
# Later each time it fails again; systemd before 254 says that it doesn't know these two.
RestartSteps=6
RestartMaxDelaySec=300
# A stop waits for the clips that are being made.
TimeoutStopSec={stop_seconds}
KillMode=mixed
# A process that holds the model and runs out of memory is replaced by the bot.
OOMPolicy=continue
UMask=0077

# Sound from strangers is decoded in namespaces of its own: these four kinds, and no other.
RestrictNamespaces=user ipc pid net
# Landlock's calls stand in no group before systemd 256.
SystemCallFilter=@system-service landlock_create_ruleset landlock_add_rule landlock_restrict_self
SystemCallErrorNumber=EPERM
SystemCallArchitectures=native
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
NoNewPrivileges=yes
LockPersonality=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
{sandbox}
[Install]
WantedBy={target}
"""

# A user's systemd can't apply these, or only from version 251 on.
_SYSTEM_SANDBOX = """\
# It writes nowhere but here.
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={writable}
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
RemoveIPC=yes
CapabilityBoundingSet=
AmbientCapabilities=
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The parameters of the unit."""

    program: Path
    """The path of `zhiyin`."""
    config_file: Path
    user: str | None
    """The user to run as; None for a service of the user's own systemd."""
    writable: tuple[Path, ...]
    """The writable folders; the first is the working directory."""
    grace_seconds: float
    """How long the bot may finish clips when it is stopped."""


def unit_text(service: Service) -> str:
    """Return the contents of the unit file."""
    is_own = service.user is None
    writable = " ".join(_quoted(folder) for folder in service.writable)
    return _UNIT.format(
        identity="" if service.user is None else f"User={service.user}\n",
        # The only value not quoted, with its spaces. MindSpore leaves files in this folder.
        working_folder=str(service.writable[0]).replace("%", "%%"),
        program=_quoted(service.program),
        config_file=_quoted(service.config_file),
        stop_seconds=round(service.grace_seconds) + 60,
        sandbox="" if is_own else _SYSTEM_SANDBOX.format(writable=writable),
        target="default.target" if is_own else "multi-user.target",
    )


def _quoted(path: Path) -> str:
    """Return a path quoted for systemd, which would expand % and $ and split at spaces."""
    text = str(path).replace("%", "%%").replace("$", "$$")
    if not _NOT_PLAIN.search(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
