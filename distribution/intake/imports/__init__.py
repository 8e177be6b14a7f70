"""CSV files: read, kept in sealed chunks, matched to the fields, and taken in chunk by chunk."""
