"""A person's data: found by e-mail, phone or lead id, given out as a file, or erased everywhere."""
