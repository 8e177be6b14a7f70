"""Demo mode: sample logins, an entity, partners on all three channels, and their receiving ends."""
