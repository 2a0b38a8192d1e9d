"""The whole loop on a made-up organisation: what `make demo` plays."""
