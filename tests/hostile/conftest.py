"""One product for each module: an attacker does not get a fresh one either."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.hostile.product import Product, running_product
from tests.support.servers import TestServer


@pytest.fixture(scope="module")
async def product(server: TestServer) -> AsyncIterator[Product]:
    async with running_product(server) as running:
        yield running


@pytest.fixture(scope="module")
async def staffed(product: Product) -> Product:
    """The same, with the app installed for everybody."""
    await product.install()
    return product
