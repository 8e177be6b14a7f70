"""`python -m tests.chaos`: the exit code is 0 when the books add up."""

import signal
import sys
import time

from leadflip.run.errors import StartError
from leadflip.run.terminal import say
from tests.chaos.books import Books, Records, close
from tests.chaos.receivers import Letters, Webhooks
from tests.chaos.world import World, world

LEADS = 2000
SECONDS = 75.0
# From the first lead on: all is settled by then, or it is a difference.
MOST = 190.0
TURN = 0.1


def main() -> int:
    """Starts, posts, hurts, waits, and closes the books."""
    # Ended like by Ctrl+C: everything that was started is stopped.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Webhooks() as webhooks, Letters() as letters, world() as here:
            books = _run(here, webhooks, letters)
            logs = here.logs
    except StartError as error:
        say(f"{error}")
        return 1
    except KeyboardInterrupt:
        say("Stopped, no books.")
        return 130
    say("The books")
    for line in books.lines():
        say(line)
    say(f"{len(books.faults)} DIFFERENCES (logs: {logs})" if books.faults else "They add up.")
    return 1 if books.faults else 0


def _run(here: World, webhooks: Webhooks, letters: Letters) -> Books:
    # Models can be imported only now.
    from tests.chaos import ledger, partners
    from tests.chaos.pains import Pains
    from tests.chaos.poster import Poster

    key = partners.load(webhooks, letters)
    here.start()
    say(f"{LEADS} leads over {SECONDS:.0f} s to {partners.DESKS} partners that take up to 2 s")
    began = time.monotonic()
    poster, pains = Poster(here.intake, key, LEADS, SECONDS), Pains(here)
    running = poster.start()
    while pains.turn() or not running.done():
        here.tend()
        time.sleep(TURN)
    running.result()
    said = ", ".join(f"{name} {count}" for name, count in poster.trouble.most_common()) or "nothing"
    say(f"  {time.monotonic() - began:5.0f} s  all posted; posted again after: {said}")
    settled = _settle(here, began)
    say(f"  {time.monotonic() - began:5.0f} s  {'all settled' if settled else 'NOT SETTLED IN TIME'}")
    here.stop()
    rows = ledger.rows()
    came = [*webhooks.came, *letters.came, *ledger.entries(rows)]
    return close(Records(poster.posted, rows, ledger.jobs(), ledger.tries(), came, pains.happened))


def _settle(here: World, began: float) -> bool:
    from tests.chaos import ledger

    while ledger.unsettled() != 0:
        if time.monotonic() - began > MOST:
            return False
        here.tend()
        time.sleep(TURN)
    return True


if __name__ == "__main__":
    sys.exit(main())
