from service.database import Database, Lane
from service.migrate import SCHEMA_VERSION, read_schema_version


async def test_a_clone_is_at_the_version_of_the_files(db: Database) -> None:
    assert await read_schema_version(db) == SCHEMA_VERSION
    assert await db.fetchval(Lane.LOOKUP, "SELECT count(*) FROM papers") == 0
