"""The public page of a listing, as ``infoUrl`` names it: plain, and nothing like the real site."""

from __future__ import annotations

from html import escape

from simulators.opplysningen_1881.settings import ListingSettings, label_of

_PAGE = """<!doctype html>
<html lang="nb">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{name} – Demokatalogen</title>
<link rel="icon" href="data:,">
<style>
:root {{ color-scheme: light dark; --page: #f6f5f1; --card: #fff; --line: #e4e1d8; --text: #23211c; --quiet: #6a655a;
  --mark: #f2c230; --mark-text: #2b2305; }}
@media (prefers-color-scheme: dark) {{ :root {{ --page: #161512; --card: #211f1b; --line: #36332c; --text: #efece4;
  --quiet: #aaa497; }} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0; background: var(--page); color: var(--text);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, Arial, sans-serif; }}
header {{ display: flex; gap: 12px; align-items: center; padding: 12px 24px; border-bottom: 1px solid var(--line);
  background: var(--card); }}
header b {{ background: var(--mark); color: var(--mark-text); padding: 3px 12px; border-radius: 7px; }}
header span {{ margin-left: auto; font-size: 13px; color: var(--quiet); }}
main {{ max-width: 640px; margin: 40px auto; padding: 0 20px; }}
article {{ background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 26px 28px; }}
h1 {{ margin: 2px 0 18px; font-size: 27px; line-height: 1.2; overflow-wrap: anywhere; }}
small {{ color: var(--quiet); }}
dl {{ margin: 0; }}
dl div {{ display: grid; grid-template-columns: 150px 1fr; padding: 11px 0; border-top: 1px solid var(--line); }}
dt {{ color: var(--quiet); }}
dd {{ margin: 0; overflow-wrap: anywhere; }}
</style>
</head>
<body>
<header><b>Demokatalogen</b><span>Simulator – ikke Opplysningen 1881</span></header>
<main><article><small>{kind}</small><h1>{name}</h1><dl>{rows}</dl></article></main>
</body>
</html>
"""


def render_listing(listing: ListingSettings) -> str:
    rows = [(label_of(number), _group(number)) for number in listing.phones]
    rows += [
        ("E-post", listing.email or ""),
        ("Adresse", listing.address or ""),
        ("Organisasjonsnummer", listing.organizationNumber or ""),
    ]
    shown = "".join(f"<div><dt>{label}</dt><dd>{escape(value)}</dd></div>" for label, value in rows if value)
    kind = "Bedrift" if listing.type == "Company" else "Person"
    return _PAGE.format(name=escape(listing.full_name), kind=kind, rows=shown)


def _group(number: str) -> str:
    """Mobiles 3-2-3, others 2-2-2-2."""
    if number[0] in "49":
        return f"{number[:3]} {number[3:5]} {number[5:]}"
    return " ".join(number[index : index + 2] for index in range(0, 8, 2))
