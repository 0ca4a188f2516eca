"""Stand-ins for AWS on this machine: the HTTP API, its events, and Lambda's container."""
