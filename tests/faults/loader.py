"""`colophon load` in small batches, so that there are many moments at which it can be struck: a process of its own.

python -m tests.faults.loader DSN FILE…
"""

import asyncio
import sys

from service.errors import SetupError
from service.ingest import reading
from service.ingest.run import load_files
from service.settings import Settings

BATCH = 5


def main() -> None:
    reading.BATCH_RECORDS = BATCH
    try:
        report = asyncio.run(load_files(sys.argv[1], Settings(), sys.argv[2:]))
    except SetupError as error:
        # As the command does: one line, never a traceback.
        print(error, file=sys.stderr)
        sys.exit(2)
    print(report.totals.total)


if __name__ == "__main__":
    main()
