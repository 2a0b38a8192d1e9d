"""What the tests would not notice: each branch of the rules changed in turn, and the tests run (docs/mutants.md)."""
