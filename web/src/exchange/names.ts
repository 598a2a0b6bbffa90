import type { Call, Caller, ExchangeState } from "../api/exchange";
import { formatNumber } from "../format";
import type { Texts } from "../texts";

/** Who calls, in a few words. */
export function nameCaller(number: string | null, callers: Caller[], texts: Texts): string {
  const known = callers.find((caller) => caller.number === number);
  if (known !== undefined) {
    return known.label;
  }
  return number === null ? texts.hidden : formatNumber(number);
}

export function nameLine(number: string | null, state: ExchangeState): string {
  return state.lines.find((line) => line.number === number)?.name ?? formatNumber(number ?? "");
}

/** Whether a line rings, talks or is free: what its owner's Teams shows as presence. */
export function lineState(number: string | undefined, calls: Call[]): "free" | "ringing" | "busy" {
  const mine = calls.filter((call) => number !== undefined && call.state !== "ended");
  if (mine.some((call) => call.state === "answered" && call.answered_by === number)) {
    return "busy";
  }
  return mine.some((call) => call.state === "ringing" && call.ringing.includes(number ?? "")) ? "ringing" : "free";
}
