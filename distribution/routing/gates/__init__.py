"""The gates in the order in which they are asked; the first that skips gives the reason."""

from distribution.routing.gates.active import Active, Reachable
from distribution.routing.gates.base import Gate
from distribution.routing.gates.caps import CapsGate
from distribution.routing.gates.hours import HoursGate
from distribution.routing.gates.rules import RulesGate

# What stands against an assignment whatever the lead is: asked once for a configuration.
STANDING: tuple[Gate, ...] = (Active(),)
GATES: tuple[Gate, ...] = (RulesGate(), Reachable(), HoursGate(), CapsGate())
