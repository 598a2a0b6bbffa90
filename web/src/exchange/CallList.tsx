import { CallRegular } from "@fluentui/react-icons";
import { useRef } from "react";
import type { ExchangeState } from "../api/exchange";
import { useKeptFocus } from "../shell/useKeptFocus";
import { useTexts } from "../texts";
import css from "./CallList.module.css";
import { CallPanel } from "./CallPanel";
import { EndedCall } from "./EndedCall";

/** How many calls that are over stay in sight. */
const KEPT = 3;

/** The calls: live ones with their buttons, newest first, then the last few that ended. */
export function CallList({ exchange }: { exchange: ExchangeState }) {
  const texts = useTexts();
  const place = useRef<HTMLElement>(null);
  useKeptFocus(place);
  const newest = exchange.calls.toSorted((one, other) => other.started.localeCompare(one.started));
  const live = newest.filter((call) => call.state !== "ended");
  const ended = newest.filter((call) => call.state === "ended").slice(0, KEPT);
  return (
    <section className={css.calls} aria-label={texts.calls} ref={place} tabIndex={-1}>
      {newest.length === 0 && (
        <p className={css.none}>
          <CallRegular aria-hidden="true" /> {texts.noCalls}
        </p>
      )}
      {live.map((call) => (
        <CallPanel key={call.id} call={call} exchange={exchange} />
      ))}
      {ended.length > 0 && (
        <ul className={css.ended}>
          {ended.map((call) => (
            <EndedCall key={call.id} call={call} exchange={exchange} />
          ))}
        </ul>
      )}
    </section>
  );
}
