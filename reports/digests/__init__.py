"""Regular results by mail: who gets what when, and what it says."""
