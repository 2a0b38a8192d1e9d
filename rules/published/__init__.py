"""What was published: immutable rulesets, their editions, and which version holds."""
