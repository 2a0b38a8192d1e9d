"""Servers that break one requirement each: the tests that name it must notice.  `make breakages` runs this."""
