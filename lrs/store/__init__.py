"""Where statements are kept: intake, search and credentials over the tables of `lrs.store.tables`."""
