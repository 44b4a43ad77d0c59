"""A radio that plays one jam, and the jams of a server to choose it from."""

from __future__ import annotations

RADIO_OF_ONE_JAM = (
    "ALTER TABLE radios ADD COLUMN jam_id INTEGER",
    "CREATE INDEX jams_of_a_server ON jams (guild_id, id)",
)
