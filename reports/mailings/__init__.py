"""Letters on their way to people: an outbox in the database, and the job that sends what waits there."""
