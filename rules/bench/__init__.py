"""What judging costs: measured side by side with a floor in one run, never by a timed test."""
