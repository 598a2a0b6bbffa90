"""Draws the cards with Microsoft's renderer, light and dark, for the README and for looking at them.

    python scripts/card_pictures.py                      # docs/pictures/*.png
    python scripts/card_pictures.py --out /tmp/look --all # every sample, one picture each

Needs a Chromium (scripts/chromium.py finds it) and the page's npm packages (web/node_modules, or --modules). The
widths and colours are close to a Teams chat on a desktop; web/src/teams/hostConfig.*.json is shared with the page.
Fails when the renderer warns about a card or cuts a text off.
"""

from __future__ import annotations

import argparse
import base64
import json
import struct
import subprocess
import sys
import zlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from bot.cards import render_popup, welcome_card  # noqa: E402
from bot.cards.chat_cards import recent_card  # noqa: E402
from bot.cards.samples import LISTED_CALLS, SAMPLES  # noqa: E402
from bot.texts import Texts, load_texts  # noqa: E402
from calls.numbers import Number, NumberKind  # noqa: E402

THEMES = {"light": "#f5f5f5", "dark": "#1f1f1f"}  # the chat's background behind the card
PICTURES = {  # file name: sample
    "ringing": "ringing-matched",
    "ringing-queue": "queue-ringing",
    "answered": "answered-matched",
    "answered-elsewhere": "queue-elsewhere",
    "missed": "queue-missed",
    "rejected": "rejected-directory",
    "busy": "busy-matched",
    "ended": "journal-written",
    "stale": "stale-matched",
    "several-matches": "several-matches",
    "directory": "silent-source",
    "unknown": "ringing-unknown",
    "hidden": "missed-withheld",
    "welcome": "welcome",
}
CONTACT_SHEET = (
    *PICTURES.values(), "searching", "ringing-colleague", "ringing-unavailable", "long-names",
    "call-back", "forwarded-matched", "form", "create",
)  # fmt: skip
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip

STYLE = """
* { box-sizing: border-box }
body { margin: 0; font: 14px/20px 'Segoe UI', 'Open Sans', sans-serif; font-stretch: 95%;
  -webkit-font-smoothing: antialiased }
.sheet { display: inline-flex; align-items: stretch }
.chat { padding: 16px }
.card { width: var(--width); border-radius: 8px; overflow: hidden }
.light .card { box-shadow: 0 0 2px rgba(0,0,0,.12), 0 1px 3px rgba(0,0,0,.14) }
.dark .card { box-shadow: 0 0 2px rgba(0,0,0,.4), 0 1px 3px rgba(0,0,0,.4) }
.grid { display: grid; grid-template-columns: repeat(3, var(--width)); gap: 20px; align-items: start; padding: 20px }
.ac-anchor { color: #4f52b2; text-decoration: none } .dark .ac-anchor { color: #aab1fa }
.ac-pushButton { font: inherit; font-weight: 600; height: 32px; padding: 0 12px; border-radius: 4px; cursor: pointer;
  border: 1px solid #d1d1d1; background: #fff; color: #242424; white-space: nowrap;
  overflow: hidden; text-overflow: ellipsis }
.dark .ac-pushButton { border-color: #666; background: #292929; color: #fff }
.ac-pushButton.style-positive { border-color: #5b5fc7; background: #5b5fc7; color: #fff }
.dark .ac-pushButton.style-positive { border-color: #4f52b2; background: #4f52b2 }
.ac-input { width: 100%; font: inherit; padding: 5px 10px; border-radius: 4px;
  border: 1px solid #d1d1d1; background: #fff; color: #242424; resize: none }
.dark .ac-input { border-color: #666; background: #292929; color: #fff }
"""

DRAW = """
([cards, configs, names, theme, width, grid]) => {
  const trouble = [];
  const place = document.createElement('div');
  place.className = `${theme} ${grid ? 'grid' : 'chat'}`;
  place.style.background = grid ? '' : undefined;
  for (const name of names) {
    const card = new AdaptiveCards.AdaptiveCard();
    card.hostConfig = new AdaptiveCards.HostConfig(configs[theme]);
    const context = new AdaptiveCards.SerializationContext();
    card.parse(cards[name], context);
    for (let i = 0; i < context.eventCount; i++) {
      const message = context.getEventAt(i).message;
      // The renderer's pattern for languages keeps state and refuses the right value every other time.
      if (!message.endsWith('property "lang".')) trouble.push(`${name}: ${message}`);
    }
    const frame = document.createElement('div'); frame.className = 'card'; frame.append(card.render());
    place.append(frame); place.style.setProperty('--width', width + 'px');
    document.querySelector('.sheet').append(place);
    for (const element of frame.querySelectorAll('*'))
      if (element.clientWidth && element.scrollWidth > element.clientWidth + 1
          && getComputedStyle(element).overflowX === 'hidden')
        trouble.push(`${name}: cut off: ${element.textContent}`);
  }
  return trouble;
}
"""

PIXELS = """
async (encoded) => {
  const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0));
  const image = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext('2d');
  context.drawImage(image, 0, 0);
  const data = context.getImageData(0, 0, image.width, image.height).data;
  let text = '';
  for (let at = 0; at < data.length; at += 32768) text += String.fromCharCode(...data.subarray(at, at + 32768));
  return [image.width, image.height, btoa(text)];
}
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "pictures")
    parser.add_argument("--modules", type=Path, default=ROOT / "web" / "node_modules")
    parser.add_argument("--language", default="nb")
    parser.add_argument(
        "--width", type=int, default=480, help="CSS pixels of a card; 480 is a desktop chat, 320 a phone"
    )
    parser.add_argument("--all", action="store_true", help="every sample instead of the README's choice")
    options = parser.parse_args()
    if not (options.modules / "adaptivecards").is_dir():
        parser.error(
            f"no adaptivecards in {options.modules}: run `npm ci` in web/, or name another folder with --modules"
        )
    cards = draw_cards(load_texts(options.language))
    pictures = {name: name for name in cards} if options.all else PICTURES
    options.out.mkdir(parents=True, exist_ok=True)
    trouble = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_chromium(), args=FLAGS)
        page = browser.new_page(device_scale_factor=1.5, locale="nb-NO", timezone_id="Europe/Oslo")
        for file, sample in pictures.items():
            trouble += shoot(page, options, cards, [sample], THEMES, options.out / f"{file}.png")
        page = browser.new_page(viewport={"width": 1600, "height": 900}, locale="nb-NO", timezone_id="Europe/Oslo")
        for theme in THEMES:
            trouble += shoot(
                page, options, cards, CONTACT_SHEET, [theme], options.out / f"cards-{theme}.png", grid=True
            )
        browser.close()
    for problem in sorted(set(trouble)):
        print(problem, file=sys.stderr)
    return 1 if trouble else 0


def draw_cards(texts: Texts) -> dict[str, dict[str, Any]]:
    """Every sample by its name, the list of last calls, and the welcome card."""
    line = Number(kind=NumberKind.E164, digits="4790000001")
    cards = {name: render_popup(popup, texts).card for name, popup in SAMPLES.items()}
    cards["recent"] = recent_card(LISTED_CALLS, texts, drawing=UUID(int=7)).card
    return cards | {"welcome": welcome_card(texts, lines=[line]).card}


def shoot(
    page: Page,
    options: argparse.Namespace,
    cards: Mapping[str, Mapping[str, Any]],
    names: Sequence[str],
    themes: Mapping[str, str] | Sequence[str],
    file: Path,
    *,
    grid: bool = False,
) -> list[str]:
    """One picture: the named cards in each of the themes side by side. Returns what the renderer complained about."""
    page.set_content(f"<style>{_fonts(options.modules)}{STYLE}</style><div class=sheet></div>")
    page.add_script_tag(path=options.modules / "adaptivecards" / "dist" / "adaptivecards.min.js")
    configs = {theme: json.loads((ROOT / f"web/src/teams/hostConfig.{theme}.json").read_text()) for theme in THEMES}
    trouble: list[str] = []
    for theme in themes:
        trouble += page.evaluate(DRAW, [cards, configs, list(names), theme, options.width, grid])
        page.evaluate(
            "([theme, colour]) => { document.querySelector('.' + theme).style.background = colour }",
            [theme, THEMES[theme]],
        )
    page.evaluate("() => document.fonts.ready")
    file.write_bytes(shrink(page, page.locator(".sheet").screenshot(animations="disabled")))
    return trouble


def shrink(page: Page, picture: bytes) -> bytes:
    """The same picture with a palette of its 256 most used colours: a third of the size, and no eye sees it."""
    width, height, encoded = page.evaluate(PIXELS, base64.b64encode(picture).decode())
    pixels = memoryview(base64.b64decode(encoded)).cast("I")
    counts = Counter(pixels)
    palette = [colour for colour, _ in counts.most_common(256)]
    nearest = {colour: min(range(len(palette)), key=lambda at: _distance(palette[at], colour)) for colour in counts}
    indexes = bytes(map(nearest.__getitem__, pixels))
    rows = b"".join(b"\0" + indexes[start : start + width] for start in range(0, width * height, width))
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0),
        b"PLTE": b"".join(struct.pack("<I", colour)[:3] for colour in palette),
        b"IDAT": zlib.compress(rows, 9),
        b"IEND": b"",
    }
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks.items()
    )


def _distance(first: int, second: int) -> int:
    return sum(abs((first >> shift & 255) - (second >> shift & 255)) for shift in (0, 8, 16))


def _fonts(modules: Path) -> str:
    """Open Sans stands in for Segoe UI, which machines other than Windows lack."""
    rules = []
    for part in ("latin", "latin-ext"):
        file = modules / "@fontsource-variable" / "open-sans" / "files" / f"open-sans-{part}-wdth-normal.woff2"
        if file.exists():
            data = base64.b64encode(file.read_bytes()).decode()
            reach = "unicode-range: U+0100-02BA;" if part == "latin-ext" else ""
            rules.append(
                "@font-face { font-family: 'Open Sans'; font-weight: 300 800; font-stretch: 75% 100%; "
                f"{reach} src: url(data:font/woff2;base64,{data}) format('woff2') }}"
            )
    return "".join(rules)


def _chromium() -> str:
    found = subprocess.run(
        [sys.executable, ROOT / "scripts" / "chromium.py"], capture_output=True, text=True, check=True
    )
    return found.stdout.strip()


if __name__ == "__main__":
    sys.exit(main())
