"""What other systems know of completions and grades becomes statements, where nobody's statement has told it.

Systems lose events, and some send none.  A reading (`reading`) takes what a connector reads, of people who are people here
(`people`), leaves out what evidence tells already (`told`), and records the rest (`statement`).
"""
