import { useEffect, useRef, useState } from "react";
import type { TeamsState } from "../api/teams";

/** How many messages of the bot came to each user's chat while another's was in front (narrow screens only show one). */
export function useUnread(teams: TeamsState | null, current: string | null): Record<string, number> {
  const [unread, setUnread] = useState<Record<string, number>>({});
  const known = useRef<Set<string> | null>(null);

  useEffect(() => {
    if (teams === null) {
      return;
    }
    const before = known.current;
    known.current = new Set(teams.messages.map((message) => message.id));
    if (before === null) {
      return; // what was there before the page opened is not new
    }
    const fresh = teams.messages.filter((message) => message.from === "bot" && !before.has(message.id));
    if (fresh.length > 0) {
      setUnread((counts) => {
        const next = { ...counts };
        for (const message of fresh) {
          next[message.user] = (next[message.user] ?? 0) + 1;
        }
        return next;
      });
    }
  }, [teams]);

  return current === null ? unread : { ...unread, [current]: 0 };
}
