"""Outgoing HTTP, guarded: `Sender.send(Call)` gives a Receipt or raises a DeliveryError."""

from delivery.http.sender import Call, Sender

__all__ = ["Call", "Sender"]
