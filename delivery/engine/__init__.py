"""The delivery engine: one asyncio loop that claims rows, sends, and settles them."""
