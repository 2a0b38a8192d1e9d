"""What a position has to learn: the programs meant for a job, course by course, to read and to print."""
