"""The frozen values that the other rooms exchange."""
