"""A small Discord at the wire: REST, gateway and files on loopback, met by stock clients."""
