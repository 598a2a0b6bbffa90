import { request } from "./http";

const DAY = "/demo/day";

/** How far the recorded working day is. */
export interface Progress {
  calls: number;
  done: number;
  answered: number;
  unanswered: number;
  passed_on: number;
  internal: number;
  refused: number;
  late: number;
  /** Seconds since midnight, of the newest call. */
  clock: number;
  /** Times as fast as the clock; null: as fast as possible. */
  speed: number | null;
  state: "playing" | "done" | "stopped" | "failed";
}

/** null: none has been played. Rejects where nobody plays days (only the demo does). */
export function readDay(): Promise<Progress | null> {
  return request("GET", DAY);
}

export function beginDay(speed: number | null): Promise<Progress> {
  return request("POST", DAY, { speed });
}

export function stopDay(): Promise<Progress | null> {
  return request("DELETE", DAY);
}
