import { request } from "./http";

const BASE = "/simulators/exchange";
export const EXCHANGE_STREAM = `${BASE}/stream`;

export interface Line {
  number: string;
  alias: string;
  name: string;
  /** The line a call goes on to while this one is busy. */
  busy_forward: string | null;
}

/** A queue, or a number that several people share. */
export interface Group {
  name: string;
  number: string;
  members: string[];
  strategy: "all" | "hunt";
  rounds: number;
}

export interface Caller {
  /** null: the number is hidden. */
  number: string | null;
  label: string;
  note: string;
}

export interface Order {
  /** Whom they want to reach, with country code. */
  callee: string;
  state: "initiating" | "callingCaller" | "callingCallee" | "connected" | "disconnected" | "failed";
  /** Why it ended; CAMARA's words. */
  reason: string | null;
}

export interface Call {
  id: string;
  from: string | null;
  to: string;
  queue: string | null;
  state: "ringing" | "answered" | "ended";
  ringing: string[];
  answered_by: string | null;
  cause: string | null;
  started: string;
  answered: string | null;
  ended: string | null;
  /** The call this one was transferred or forwarded from, and the number that did. */
  parent: string | null;
  diversion: string | null;
  /** A colleague's line that makes the call. */
  dialled_by: string | null;
  /** The call whose caller waits while a colleague is asked. */
  consults: string | null;
  /** Set up for an employee who asked for it: their own phone rings first, and then the one they want to reach. */
  ordered: Order | null;
  round: number;
}

export interface ExchangeState {
  lines: Line[];
  queues: Group[];
  shared: Group[];
  callers: Caller[];
  calls: Call[];
}

export type Target =
  | { kind: "line"; number: string }
  | { kind: "queue"; name: string }
  | { kind: "shared"; name: string; number: string };

export function startCall(from: string | null, target: Target): Promise<Call> {
  const to = target.kind === "queue" ? { queue: target.name } : { to: target.number, queue: null };
  return request("POST", `${BASE}/calls`, { from, ...to });
}

export function answerCall(id: string, by: string): Promise<Call> {
  return act(id, "answer", { by });
}

export function rejectCall(id: string, by: string): Promise<Call> {
  return act(id, "reject", { by });
}

export function hangUpCall(id: string): Promise<Call> {
  return act(id, "hangup", { cause: null });
}

/** Pass a call on: before anybody answers, blindly, or after asking the colleague. */
export function passOn(id: string, how: "forward" | "transfer" | "consult", to: string): Promise<Call> {
  return act(id, how, { to });
}

/** "next": a queue's ring time is over. "return": take back a transfer. "join": the consultation becomes one. */
export function moveCall(id: string, how: "next" | "return" | "join"): Promise<Call> {
  return act(id, how, {});
}

function act(id: string, verb: string, body: object): Promise<Call> {
  return request("POST", `${BASE}/calls/${encodeURIComponent(id)}/${verb}`, body);
}
