"""The tests, one file a module or behaviour; fakes that several files share live here too."""
