import type { Call, ExchangeState } from "../api/exchange";
import { firstName, formatNumber } from "../format";
import type { Texts } from "../texts";

/** Who calls, in a few words. */
export function nameCaller(
  number: string | null,
  { callers, lines }: Pick<ExchangeState, "callers" | "lines">,
  texts: Texts,
): string {
  const known =
    callers.find((caller) => caller.number === number)?.label ?? lines.find((line) => line.number === number)?.name;
  if (known !== undefined) {
    return known;
  }
  return number === null ? texts.hidden : formatNumber(number);
}

export function nameLine(number: string | null, state: ExchangeState): string {
  return state.lines.find((line) => line.number === number)?.name ?? formatNumber(number ?? "");
}

/** The one on the outside: who calls, or whom the employee has asked for. */
export function nameOther(call: Call, exchange: ExchangeState, texts: Texts): string {
  if (call.ordered === null) {
    return nameCaller(call.from, exchange, texts);
  }
  const national = call.ordered.callee.replace(/^\+47(?=\d{8}$)/, "");
  return nameCaller(national, exchange, texts);
}

/** How far a call is, in a word or two. */
export function describeState(call: Call, exchange: ExchangeState, texts: Texts): string {
  if (call.ordered?.state === "callingCallee") {
    return texts.orderRingsSecond;
  }
  if (call.state === "answered") {
    return texts.stateAnswered;
  }
  return call.ordered === null ? texts.stateRinging : texts.orderRingsFirst(firstName(nameLine(call.to, exchange)));
}

/** How a call came here: through a queue or a shared number, from a colleague who passed it on. */
export function describeWay(call: Call, exchange: ExchangeState, texts: Texts): string {
  if (call.consults !== null) {
    return texts.asks(firstName(nameLine(call.to, exchange)));
  }
  if (call.diversion !== null) {
    return texts.passedOnBy(firstName(nameLine(call.diversion, exchange)));
  }
  const shared = exchange.shared.find((each) => each.number === call.to);
  const group = call.queue ?? shared?.name;
  const round = call.round > 1 ? ` ${texts.round(call.round)}` : "";
  return group === undefined ? "" : texts.via(group) + round;
}

/** Whether a line rings, talks or is free: what its owner's Teams shows as presence. */
export function lineState(number: string | undefined, calls: Call[]): "free" | "ringing" | "busy" {
  const mine = calls.filter((call) => number !== undefined && call.state !== "ended");
  if (mine.some((call) => (call.state === "answered" && call.answered_by === number) || call.dialled_by === number)) {
    return "busy";
  }
  return mine.some((call) => call.state === "ringing" && call.ringing.includes(number ?? "")) ? "ringing" : "free";
}
