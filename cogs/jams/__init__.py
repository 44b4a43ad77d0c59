"""How jams go on: places made for them, cards kept up to date, turns passed on."""
