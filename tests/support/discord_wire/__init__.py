"""A Discord at the wire: REST, gateway and files on loopback."""
