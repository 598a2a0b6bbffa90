"""Makes the battery's assertions say what differed, as a test module's own do."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("crm_connectors.testing.conformance")
