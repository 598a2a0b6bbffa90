import { CallMissedRegular, CheckmarkCircleRegular, DismissCircleRegular } from "@fluentui/react-icons";
import type { Call, ExchangeState } from "../api/exchange";
import { firstName, formatDuration } from "../format";
import { type Texts, useTexts } from "../texts";
import css from "./EndedCall.module.css";
import { nameCaller, nameLine } from "./names";

/** One line about a call that is over. */
export function EndedCall({ call, exchange }: { call: Call; exchange: ExchangeState }) {
  const texts = useTexts();
  const rejected = call.cause === "noAnswer" || call.cause === "busy";
  const Icon = call.answered !== null ? CheckmarkCircleRegular : rejected ? DismissCircleRegular : CallMissedRegular;
  const target = call.queue ?? nameTarget(call.to, exchange);
  return (
    <li className={css.row}>
      <Icon aria-hidden="true" fontSize={18} />
      <span className={css.who}>
        {nameCaller(call.from, exchange, texts)} <span aria-hidden="true">→</span> {target}
      </span>
      <span className={css.how}>{describeEnd(call, exchange, texts)}</span>
    </li>
  );
}

function nameTarget(number: string, exchange: ExchangeState): string {
  return exchange.shared.find((each) => each.number === number)?.name ?? firstName(nameLine(number, exchange));
}

function describeEnd(call: Call, exchange: ExchangeState, texts: Texts): string {
  if (call.answered !== null && call.ended !== null) {
    const answerer = call.answered_by === null ? (call.queue ?? "?") : firstName(nameLine(call.answered_by, exchange));
    const length = formatDuration(Date.parse(call.ended) - Date.parse(call.answered));
    return texts.endedAnswered(answerer, length);
  }
  switch (call.cause) {
    case "noAnswer": // sipgate's word for a called party that declined
      return texts.endedRejected;
    case "busy":
      return texts.endedBusy;
    case "forwarded":
      return texts.endedForwarded;
    case "cancel":
    case "congestion": // nobody picked up
      return texts.endedMissed;
    default:
      return texts.endedOther;
  }
}
