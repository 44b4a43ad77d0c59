"""SQL for the ancestors and descendants of a clip, limited in number, the clip first."""

from __future__ import annotations

ANCESTORS = (
    "WITH RECURSIVE kin(id) AS (VALUES(?) UNION SELECT parent_id FROM kin CROSS JOIN clip_parents "
    "ON clip_id = kin.id LIMIT ?) SELECT id FROM kin"
)

DESCENDANTS = (
    "WITH RECURSIVE kin(id) AS (VALUES(?) UNION SELECT clip_id FROM kin CROSS JOIN clip_parents "
    "ON parent_id = kin.id LIMIT ?) SELECT id FROM kin"
)
