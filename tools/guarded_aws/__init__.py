"""The embedded AWS, behind a guard that keeps web pages out of it: runs on MiniStack's interpreter, `.local/aws`."""
