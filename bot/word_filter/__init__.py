"""What a server does not want to read: words and patterns, found however they are disguised."""
