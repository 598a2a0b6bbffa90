import { request } from "./http";

const BASE = "/simulators/teams";
export const TEAMS_STREAM = `${BASE}/stream`;

export interface User {
  /** The Entra object id. */
  id: string;
  name: string;
  upn: string;
  mri: string;
  installed: boolean;
}

export interface Message {
  id: string;
  conversation: string;
  /** Whose chat it is in: the Entra object id. */
  user: string;
  from: "bot" | "user";
  text: string | null;
  card: Record<string, unknown> | null;
  summary: string | null;
  posted: string;
  edited: string | null;
  edits: number;
  deleted: boolean;
  reply_to: string | null;
}

export interface TeamsState {
  users: User[];
  messages: Message[];
}

/** Only ever sent for a new message of the bot, never for an edit: as Teams does. */
export interface ToastEvent {
  user: string;
  message: string;
  text: string;
}

/** What the bot answered: `status` is HTTP's (null: it could not be reached), `body` whatever it said. */
export interface BotAnswer {
  status: number | null;
  body: unknown;
}

const user = (id: string) => `${BASE}/users/${encodeURIComponent(id)}`;

export type Membership = "install" | "uninstall";

export function setMembership(id: string, change: Membership): Promise<unknown> {
  return request("POST", `${user(id)}/${change}`);
}

export function sendMessage(id: string, text: string): Promise<BotAnswer> {
  return request("POST", `${user(id)}/messages`, { text });
}

export function invokeAction(id: string, message: string, verb: string, data: unknown): Promise<BotAnswer> {
  return request("POST", `${user(id)}/invoke`, { message, verb, data });
}

export function submitAction(id: string, message: string, data: unknown): Promise<BotAnswer> {
  return request("POST", `${user(id)}/submit`, { message, data });
}
