"""What tests add to the demo's Discord at the wire: faults on purpose, and what to expect."""
