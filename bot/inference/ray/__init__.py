"""Workers on other machines, through Ray: an optional extra (`zhiyin[ray]`).

The bot itself never imports Ray. For each remote worker it runs a relay process, which is Ray's
driver: whatever befalls Ray ends that process at most, as if a local worker had died.
"""
