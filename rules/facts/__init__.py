"""What is known of people, from the feed or from files, and whom a fact concerns."""
