import { request } from "./http";

const BASE = "/simulators/exchange";
export const EXCHANGE_STREAM = `${BASE}/stream`;

export interface Line {
  number: string;
  alias: string;
  name: string;
}

export interface Queue {
  name: string;
  number: string;
  members: string[];
}

export interface Caller {
  /** null: the number is hidden. */
  number: string | null;
  label: string;
  note: string;
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
}

export interface ExchangeState {
  lines: Line[];
  queues: Queue[];
  callers: Caller[];
  calls: Call[];
}

export type Target = { kind: "line"; number: string } | { kind: "queue"; name: string };

export function startCall(from: string | null, target: Target): Promise<Call> {
  const to = target.kind === "line" ? { to: target.number, queue: null } : { queue: target.name };
  return request("POST", `${BASE}/calls`, { from, ...to });
}

export function answerCall(id: string, by: string): Promise<Call> {
  return request("POST", `${BASE}/calls/${encodeURIComponent(id)}/answer`, { by });
}

export function rejectCall(id: string, by: string): Promise<Call> {
  return request("POST", `${BASE}/calls/${encodeURIComponent(id)}/reject`, { by });
}

export function hangUpCall(id: string): Promise<Call> {
  return request("POST", `${BASE}/calls/${encodeURIComponent(id)}/hangup`, { cause: null });
}
