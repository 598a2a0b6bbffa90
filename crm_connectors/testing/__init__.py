"""What the tests of every connector stand on. Nothing that runs in service imports it; it needs pytest."""
