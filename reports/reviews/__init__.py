"""Programs that are due to be looked at again: when, by whom, and what there is to look at."""
