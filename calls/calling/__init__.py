"""Calls that an employee asks for: checked, placed once, and followed by the operator's events."""
