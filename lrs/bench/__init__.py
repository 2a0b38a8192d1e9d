"""What Prowess costs on this machine: floor, product and peer side by side in one run, never by a timed test."""
