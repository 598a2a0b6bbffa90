import {
  type Action,
  AdaptiveCard,
  ExecuteAction,
  HostConfig,
  OpenUrlAction,
  SerializationContext,
  SubmitAction,
} from "adaptivecards";
import type { Mode } from "../theme";
import contrast from "./hostConfig.contrast.json";
import dark from "./hostConfig.dark.json";
import light from "./hostConfig.light.json";
import { openOutside, teachCardsMarkdown } from "./markdown";

export type CardAction = { kind: "execute"; verb: string; data: unknown } | { kind: "submit"; data: unknown };

teachCardsMarkdown();

const configs: Record<Mode, HostConfig> = {
  light: new HostConfig(light),
  dark: new HostConfig(dark),
  contrast: new HostConfig(contrast),
};

/**
 * The card as elements, drawn by Microsoft's own renderer; null when it is not a card.
 *
 * `act` is told of buttons that go to the bot, with the button that was pressed. `language` writes DATE and TIME when
 * the card does not say its own.
 */
export function drawCard(
  card: Record<string, unknown>,
  mode: Mode,
  language: string,
  act: (action: CardAction, button: HTMLElement | undefined) => void,
): HTMLElement | null {
  const drawing = new AdaptiveCard();
  drawing.hostConfig = configs[mode];
  drawing.parse(card, new SerializationContext());
  // Not left to the renderer: version 3.0.6 refuses a good `lang` every other time (a regular expression with memory).
  drawing.lang = typeof card.lang === "string" ? card.lang : language;
  drawing.onExecuteAction = (action) => pass(action, act);
  const drawn = drawing.render();
  drawn?.setAttribute("role", "group"); // it has a label (`speak`), which only a role makes heard
  return drawn ?? null;
}

function pass(action: Action, act: (action: CardAction, button: HTMLElement | undefined) => void): void {
  if (action instanceof OpenUrlAction) {
    openOutside(action.url ?? "");
  } else if (action instanceof ExecuteAction) {
    act({ kind: "execute", verb: action.verb, data: action.data ?? {} }, action.renderedElement);
  } else if (action instanceof SubmitAction) {
    act({ kind: "submit", data: action.data ?? {} }, action.renderedElement);
  }
}
