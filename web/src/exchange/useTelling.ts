import { useCallback, useEffect, useState } from "react";
import { readTelling, type Telling } from "../api/telling";

/** Milliseconds between two looks while something may change by itself. */
const LOOK = 1_000;

/** How the operator tells of calls, asked again and again while `watched` or while the stream is cut. */
export function useTelling(watched: boolean): { telling: Telling | null; look: () => Promise<void> } {
  const [telling, setTelling] = useState<Telling | null>(null);
  const look = useCallback(async () => {
    try {
      setTelling(await readTelling());
    } catch {
      setTelling(null); // simulators without a stream, or they are away
    }
  }, []);
  const away = telling?.through === "stream" && !telling.connected;
  useEffect(() => {
    void look();
    if (!watched && !away) {
      return;
    }
    const timer = window.setInterval(() => void look(), LOOK);
    return () => window.clearInterval(timer);
  }, [look, watched, away]);
  return { telling, look };
}
