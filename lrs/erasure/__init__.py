"""Erasing a person: what stands where they stood, what goes, and that they do not come back."""
