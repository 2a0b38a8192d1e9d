"""What was decided: compared with what is stored, kept, announced and recorded as statements."""
