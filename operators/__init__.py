"""The operators we understand. A new one is a folder, its tests, and one line here (README.md beside this file)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from calls.ports import Operator
from operators import generic, phonero

OPERATORS: Mapping[str, Operator] = MappingProxyType({each.type: each for each in (generic.operator, phonero.operator)})
