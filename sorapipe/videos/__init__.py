"""The Videos API (`/v1/videos`) on the wire: usable alone, knows nothing of storyboards.

Requests are built in `wire` and answers read in `answers`, both without I/O; `sender` carries them;
`client` has the operations under their usual names; `profile` says what each kind of server can do.
"""
