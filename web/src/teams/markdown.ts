import { AdaptiveCard } from "adaptivecards";
import MarkdownIt from "markdown-it";

/**
 * What Teams understands in a card's texts: emphasis, links and lists. HTML stays text, and so do images, tables,
 * headings and code: a name from a CRM must never become markup that Teams would not draw.
 */
const cards = new MarkdownIt("zero", { html: false, linkify: false, breaks: true }).enable([
  "emphasis",
  "link",
  "list",
  "newline",
  "escape",
  "entity",
]);

/** Draw the markdown of every card from here on. */
export function teachCardsMarkdown(): void {
  AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = cards.render(text);
    result.didProcess = true;
  };
  AdaptiveCard.onAnchorClicked = (_element, anchor) => {
    openOutside(anchor.href);
    return true;
  };
}

/** Open an address in a tab of its own; anything but web, phone and mail addresses is left alone. */
export function openOutside(address: string): void {
  if (URL.canParse(address) && ["http:", "https:", "tel:", "mailto:", "msteams:"].includes(new URL(address).protocol)) {
    window.open(address, "_blank", "noopener,noreferrer");
  }
}
