"""What a Prowess tells those who watch it: counted while it answers, measured when it is asked (`/metrics`)."""
