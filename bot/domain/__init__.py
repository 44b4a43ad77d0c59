"""The frozen values that every room passes on. They import nothing but each other."""
