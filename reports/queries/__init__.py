"""The reports, one module each: the declaration and the SQL that answers it."""
