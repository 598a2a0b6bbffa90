"""The Teams face of SmartCall and the place where its parts are put together."""
