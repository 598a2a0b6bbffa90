import { useEffect, useReducer, useState } from "react";
import { type Call, EXCHANGE_STREAM, type ExchangeState } from "../api/exchange";
import { follow } from "../api/stream";

type Change = { kind: "state"; state: ExchangeState } | { kind: "call"; call: Call };

function reduce(state: ExchangeState | null, change: Change): ExchangeState | null {
  if (change.kind === "state") {
    return change.state;
  }
  if (state === null) {
    return null;
  }
  const known = state.calls.some((call) => call.id === change.call.id);
  return {
    ...state,
    calls: known
      ? state.calls.map((call) => (call.id === change.call.id ? change.call : call))
      : [...state.calls, change.call],
  };
}

export interface Exchange {
  /** null until the first answer. */
  state: ExchangeState | null;
  connected: boolean;
}

/** The telephone exchange, as its stream tells it. */
export function useExchange(): Exchange {
  const [state, change] = useReducer(reduce, null);
  const [connected, setConnected] = useState(true);

  useEffect(() => {
    const stream = follow(
      EXCHANGE_STREAM,
      {
        state: (data) => change({ kind: "state", state: data as ExchangeState }),
        call: (data) => change({ kind: "call", call: data as Call }),
      },
      setConnected,
    );
    return () => stream.close();
  }, []);

  return { state, connected };
}
