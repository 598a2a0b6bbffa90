"""The heart of SmartCall: what a call is, who is calling, and what each employee should see.

Imports nothing of ours. Operators, sources and Teams reach it through :mod:`calls.model` and :mod:`calls.ports`.
"""
