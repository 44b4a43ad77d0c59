"""Workers on other machines, through Ray: an optional extra (`zhiyin[ray]`).

The bot itself never imports Ray. For each remote worker it runs a relay process, which is the Ray
driver: a failure of Ray ends at most that process, as if a local worker had died.
"""
