"""Who is proficient and certified, until when, and why: programs in YAML, decided from statements."""
