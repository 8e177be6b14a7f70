"""What wakes the engines. The payload is a lane to look at, or nothing: the rows say all."""

from collections.abc import Collection

from leadflip.kit.script import Script

CHANNEL = "leadflip_due"
# Lanes that are named to the engines one by one; of more, all are looked at.
NAMED = 8


def wake(lanes: Collection[int] = ()) -> None:
    """Tells the engines, at this transaction's commit, that something may be due.

    `lanes` are the settings rows whose jobs are; without them, or with many, the engines look at all.
    """
    script = Script()
    add_waking(script, lanes)
    script.run()


def add_waking(script: Script, lanes: Collection[int]) -> None:
    """What `wake` does, as a part of `script`."""
    names = [str(lane) for lane in lanes] if 0 < len(lanes) <= NAMED else [""]
    calls = ", ".join(["pg_notify(%s, %s)"] * len(names))
    script.add(f"SELECT {calls}", [word for name in names for word in (CHANNEL, name)])
