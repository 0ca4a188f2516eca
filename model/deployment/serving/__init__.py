"""The pattern: serves any Model over HTTP. Read it; there is nothing to edit here."""
