"""Evidence and acts of office as people enter them: on pages, from files, by programs.

Everything entered becomes a statement of docs/profile.md, recorded by the store's one writer; nothing is kept beside it.
"""
