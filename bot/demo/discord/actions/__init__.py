"""What people do, checked as Discord checks it."""
