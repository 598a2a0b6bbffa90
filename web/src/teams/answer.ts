import { isRecord } from "../api/http";
import type { BotAnswer } from "../api/teams";

export type Reading =
  | { kind: "card"; card: Record<string, unknown> }
  | { kind: "text"; text: string }
  | { kind: "error"; text: string | null }
  | { kind: "unreachable" }
  | { kind: "nothing" };

/**
 * What a bot's answer to Action.Execute means.
 *
 * The body is Microsoft's invoke response (`statusCode`, `type`, `value`): a card that replaces the old one, a message,
 * or an error with a text for the person who clicked.
 */
export function readAnswer(answer: BotAnswer): Reading {
  if (answer.status === null) {
    return { kind: "unreachable" };
  }
  const body = isRecord(answer.body) ? answer.body : {};
  const value = body.value;
  const code = typeof body.statusCode === "number" ? body.statusCode : answer.status;
  const type = typeof body.type === "string" ? body.type : "";
  if (answer.status >= 400 || code >= 400 || type === "application/vnd.microsoft.error") {
    return { kind: "error", text: isRecord(value) && typeof value.message === "string" ? value.message : null };
  }
  if (type === "application/vnd.microsoft.card.adaptive" && isRecord(value)) {
    return { kind: "card", card: value };
  }
  if (type === "application/vnd.microsoft.activity.message" && typeof value === "string") {
    return { kind: "text", text: value };
  }
  return { kind: "nothing" };
}
