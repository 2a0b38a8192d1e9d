"""`/api/v1`: programs over HTTP, how they are published from elsewhere, and what describes them."""
