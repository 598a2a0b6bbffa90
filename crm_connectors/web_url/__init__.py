"""Any page that shows something about a number: opened by the employee's browser, never fetched by us."""

from crm_connectors.web_url.connector import WebUrl

__all__ = ["WebUrl"]
