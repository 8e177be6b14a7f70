"""How many calls are open by lane, by partner and in all, and how many each may have."""

from collections import Counter, deque
from collections.abc import Callable
from time import monotonic

from delivery.engine.claim import START, Claimed, Room
from delivery.engine.settle import Result

LEAST = 2


class Lanes:
    """Counts what is in flight, and says when a place was freed that rows may wait for.

    A lane starts with few calls: one more for each answer, half as many after a time-out. Its partner's
    limit and rate hold over all the partner's lanes together. All of it is a process's: nothing is
    counted across machines.
    """

    def __init__(self, capacity: int, email_places: Callable[[], int], freed: Callable[[], None]) -> None:
        self.capacity = capacity
        self.email_places = email_places
        self.email = 0
        self._most_email = 0
        self._email_waits = False
        self.total = 0
        self._freed = freed
        self._partners: Counter[int] = Counter()
        self._partner_limits: dict[int, int] = {}
        self._lanes: Counter[int] = Counter()
        self._slow: dict[int, int] = {}  # limits that slow start moved away from START
        self._ramps: dict[int, int] = {}  # of lanes that recover
        self._rates: dict[int, Rate] = {}

    def room(self, most: int) -> Room:
        """What may be claimed now, at most `most` rows."""
        known = self._partners.keys() | self._rates.keys()
        lanes = self._lanes.keys() | self._slow.keys()
        return Room(
            free=min(self.capacity - self.total, most),
            email=self.email_places() - self.email,
            partners={partner: (self._partners[partner], self._tokens(partner)) for partner in known},
            lanes={lane: (self._lanes[lane], self._slow.get(lane, START)) for lane in lanes},
            full=[lane for lane, calls in self._lanes.items() if calls >= self._limit(lane)],
            email_calls=self.email,
        )

    def full_partners(self) -> list[int]:
        """Partners at their limit, or whose rate allows none now."""
        full = [p for p, calls in self._partners.items() if calls >= self._partner_limits[p]]
        return full + [partner for partner, rate in self._rates.items() if rate.tokens() < 1]

    def next_token(self) -> float | None:
        """Seconds until a partner's rate allows its next call; None where none waits for that."""
        return min((rate.wait() for rate in self._rates.values() if rate.tokens() < 1), default=None)

    def enter(self, row: Claimed) -> None:
        """A claimed row takes its places."""
        self.total += 1
        self._partners[row.partner_id] += 1
        self._lanes[row.settings_id] += 1
        self._partner_limits[row.partner_id] = row.partner_limit
        if row.ramp:
            self._ramps[row.settings_id] = row.ramp
        else:
            self._ramps.pop(row.settings_id, None)
        if row.kind == "email":
            self.email += 1
            self._most_email = self.email
        self._spend(row)

    def learn(self, row: Claimed, result: Result) -> None:
        """Slow start: what this answer says of the lane's limit."""
        limit = self._slow.get(row.settings_id, START)
        if result.error_class == "timeout":
            limit = max(limit // 2, LEAST)
        elif result.outcome == "delivered" or result.code is not None:
            limit = min(limit + 1, row.partner_limit)
        self._slow[row.settings_id] = limit

    def calls(self, row: Claimed) -> int:
        """How many calls the row's lane has open, its own among them."""
        return self._lanes[row.settings_id]

    def leave(self, row: Claimed) -> None:
        """A row gives its places back, and wakes the claim if it stood at a limit.

        Only then: waking at every end would make hanging partners cost the healthy ones.
        """
        full = self._partners[row.partner_id] >= self._partner_limits[row.partner_id]
        full = full or self._lanes[row.settings_id] >= self._limit(row.settings_id)
        self.total -= 1
        _less(self._partners, row.partner_id)
        _less(self._lanes, row.settings_id)
        if row.kind == "email":
            full = self._letter_left(full or self.email >= self.email_places())
        if full or self.total == self.capacity - 1:
            self._freed()

    def _letter_left(self, full: bool) -> bool:
        """Whether enough letters left for another claim: they wait ahead of the connections, half may go."""
        self.email -= 1
        self._email_waits |= full
        if not self._email_waits or self.email > self._most_email // 2:
            return False
        self._email_waits = False
        return True

    def _limit(self, lane: int) -> int:
        # A recovering lane's ramp holds until a claim tells the next one.
        limit = self._slow.get(lane, START)
        return min(limit, self._ramps.get(lane, limit))

    def _tokens(self, partner: int) -> int | None:
        rate = self._rates.get(partner)
        return None if rate is None else rate.tokens()

    def _spend(self, row: Claimed) -> None:
        rate = self._rates.get(row.partner_id)
        if row.rate is None:
            self._rates.pop(row.partner_id, None)
            return
        if rate is None or rate.per_second != row.rate:
            rate = self._rates[row.partner_id] = Rate(row.rate)
        rate.spend()


class Rate:
    """So many calls in any second: each counts for a second from when it was sent."""

    def __init__(self, per_second: int) -> None:
        self.per_second = per_second
        self._sent: deque[float] = deque()

    def tokens(self) -> int:
        """Calls that are allowed now."""
        over = monotonic() - 1
        while self._sent and self._sent[0] <= over:
            self._sent.popleft()
        return self.per_second - len(self._sent)

    def spend(self) -> None:
        """One call."""
        self._sent.append(monotonic())

    def wait(self) -> float:
        """Seconds until one call is allowed."""
        return 0.0 if self.tokens() >= 1 else max(self._sent[0] + 1 - monotonic(), 0.0)


def _less(counter: Counter[int], key: int) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
