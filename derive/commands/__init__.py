"""The commands, one file each: arguments → library call → renderer; no mathematics."""
