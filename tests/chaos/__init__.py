"""`make chaos`: leads posted while processes and servers are killed, and the books of what became of them."""
