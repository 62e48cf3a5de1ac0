"""The schema's history. Revisions are numbered, applied in order, never changed once released, and never undone."""
