"""Sources of caller information: CRMs and directories, one folder each.

Adding one touches its own folder and one line here.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from calls.ports import ConnectorType
from crm_connectors.hubspot import HubSpot
from crm_connectors.opplysningen_1881 import Opplysningen1881
from crm_connectors.web_url import WebUrl

CONNECTORS: Mapping[str, ConnectorType] = MappingProxyType(
    {
        "hubspot": HubSpot(),
        "opplysningen_1881": Opplysningen1881(),
        "web_url": WebUrl(),
    }
)
"""Every connector type by its folder's name, which is also a connection's ``type``."""
