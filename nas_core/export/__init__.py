"""Taking a model home."""
