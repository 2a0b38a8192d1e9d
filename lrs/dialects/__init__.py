"""What SQLite and PostgreSQL do differently, behind one contract; everything else in Prowess is portable SQL."""
