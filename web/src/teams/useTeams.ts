import { useEffect, useReducer, useState } from "react";
import { follow } from "../api/stream";
import { type Message, TEAMS_STREAM, type TeamsState, type ToastEvent, type User } from "../api/teams";

type Change =
  | { kind: "state"; state: TeamsState }
  | { kind: "message"; message: Message }
  | { kind: "user"; user: User };

function reduce(state: TeamsState | null, change: Change): TeamsState | null {
  if (change.kind === "state") {
    return change.state;
  }
  if (state === null) {
    return null;
  }
  if (change.kind === "user") {
    const users = state.users.map((user) => (user.id === change.user.id ? { ...user, ...change.user } : user));
    return { ...state, users };
  }
  const known = state.messages.some((message) => message.id === change.message.id);
  return {
    ...state,
    messages: known
      ? state.messages.map((message) => (message.id === change.message.id ? change.message : message))
      : [...state.messages, change.message],
  };
}

export interface Teams {
  /** null until the first answer. */
  state: TeamsState | null;
  connected: boolean;
}

/** The local Teams, as its stream tells it; `onToast` hears of every banner once. */
export function useTeams(onToast: (toast: ToastEvent) => void): Teams {
  const [state, change] = useReducer(reduce, null);
  const [connected, setConnected] = useState(true);

  useEffect(() => {
    const onMessage = (data: unknown) => change({ kind: "message", message: data as Message });
    const stream = follow(
      TEAMS_STREAM,
      {
        state: (data) => change({ kind: "state", state: data as TeamsState }),
        message: onMessage,
        edit: onMessage,
        delete: onMessage,
        installed: (data) => change({ kind: "user", user: data as User }),
        toast: (data) => onToast(data as ToastEvent),
      },
      setConnected,
    );
    return () => stream.close();
  }, [onToast]);

  return { state, connected };
}
