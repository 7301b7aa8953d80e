"""How many papers have each word: what makes a rare word weigh more than a common one.

Counted anew from all papers, because that is exact whatever was changed or deleted, and takes some 50 microseconds a
paper. So it is done when enough has changed for it to matter, by the load that changed it. Readers go on with the old
figures until the new ones are committed; a paper can be found as soon as it is stored either way.
"""

from service.database import Connection

# "terms" in ASCII, as the key of the advisory lock: of two loads one refreshes.
_LOCK_KEY = int.from_bytes(b"terms", "big")
# At the end of a load: when this share of the papers was written since the last refresh. A word's weight is off by a
# fiftieth of itself at most then.
_DUE_SHARE = 0.02
# During a load: when there are twice as many papers, and not for each handful at the beginning.
_GROWN_SHARE = 1.0
_GROWN_PAPERS = 5_000

_REFRESH = """
CREATE TEMPORARY TABLE counted_terms ON COMMIT DROP AS SELECT * FROM search_count_terms();
DELETE FROM search_terms t WHERE NOT EXISTS (SELECT FROM counted_terms c WHERE c.lexeme = t.lexeme);
INSERT INTO search_terms AS t SELECT * FROM counted_terms
ON CONFLICT (lexeme) DO UPDATE SET papers = excluded.papers, tiers = excluded.tiers
WHERE (t.papers, t.tiers) IS DISTINCT FROM (excluded.papers, excluded.tiers);
"""
# What was written while the words were counted is still to be counted.
_NOTE = """
UPDATE search_statistics
SET papers = (SELECT count(*) FROM paper_search), changes = changes - $1, refreshed_at = now()
"""


async def count_changes(connection: Connection, changes: int) -> None:
    """Note that so many papers were written, in the transaction that writes them."""
    if changes:
        await connection.execute("UPDATE search_statistics SET changes = changes + $1", changes)


async def refresh_if_due(connection: Connection, *, loading: bool) -> bool:
    """Refresh if enough has changed; loading: while more is to come. Returns whether it did."""
    papers, changes = await connection.fetchrow("SELECT papers, changes FROM search_statistics")  # type: ignore[misc]
    due = max(_GROWN_PAPERS, _GROWN_SHARE * papers) if loading else _DUE_SHARE * papers
    return changes > due and await refresh_statistics(connection)


async def refresh_statistics(connection: Connection) -> bool:
    """Count all words. Returns whether it did: not while another connection does."""
    async with connection.transaction():
        if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", _LOCK_KEY):
            return False
        changes = await connection.fetchval("SELECT changes FROM search_statistics")
        await connection.execute(_REFRESH)
        await connection.execute(_NOTE, changes)
    return True
