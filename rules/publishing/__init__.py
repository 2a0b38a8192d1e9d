"""How programs come to be in force: what files would change, confirmed and published."""
