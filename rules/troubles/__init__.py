"""What is in trouble and waits for somebody: people nobody can match, evidence nobody can judge, acts that count for nothing."""
