"""Actions of people, with the checks that Discord makes."""
