import { request } from "./http";

const TELLING = "/simulators/exchange/telling";
const STREAM = "/simulators/phonero";

export type Way = "webhook" | "stream";

/** Through which interface the operator tells of calls, and how the stream is. */
export interface Telling {
  through: Way | "both";
  /** Whether SmartCall is connected to the stream. */
  connected: boolean;
  /** Seconds for which the stream still refuses everybody. */
  refused: number;
}

/** Throws where there is no stream. */
export async function readTelling(): Promise<Telling> {
  const [telling, stream] = await Promise.all([
    request<{ through: Telling["through"] }>("GET", TELLING),
    request<{ listeners: number; refused_seconds: number }>("GET", `${STREAM}/_state`),
  ]);
  return { through: telling.through, connected: stream.listeners > 0, refused: stream.refused_seconds };
}

/** Throws with status 409 while calls are under way. */
export function tellThrough(way: Way): Promise<unknown> {
  return request("PUT", TELLING, { through: way });
}

/** The cable is pulled, and nobody gets through for so many seconds. */
export function cutStream(seconds: number): Promise<unknown> {
  return request("PUT", `${STREAM}/_stream`, { cut: true, refuse_seconds: seconds });
}
