import { CallMissedRegular, CheckmarkCircleRegular, DismissCircleRegular } from "@fluentui/react-icons";
import type { Call, ExchangeState } from "../api/exchange";
import { firstName, formatDuration } from "../format";
import { type Texts, useTexts } from "../texts";
import css from "./EndedCall.module.css";
import { nameLine, nameOther } from "./names";

/** One line about a call that is over. */
export function EndedCall({ call, exchange }: { call: Call; exchange: ExchangeState }) {
  const texts = useTexts();
  const unreached = call.ordered?.reason === "calleeBusy" || call.ordered?.reason === "calleeNoAnswer";
  const rejected = call.cause === "noAnswer" || call.cause === "busy" || unreached;
  const Icon =
    call.answered !== null && !unreached ? CheckmarkCircleRegular : rejected ? DismissCircleRegular : CallMissedRegular;
  const ends = [nameOther(call, exchange, texts), call.queue ?? nameTarget(call.to, exchange)];
  const [from, to] = call.ordered === null ? ends : ends.reverse();
  return (
    <li className={css.row}>
      <Icon aria-hidden="true" fontSize={18} />
      <span className={css.who}>
        {from} <span aria-hidden="true">→</span> {to}
      </span>
      <span className={css.how}>{describeEnd(call, exchange, texts)}</span>
    </li>
  );
}

function nameTarget(number: string, exchange: ExchangeState): string {
  return exchange.shared.find((each) => each.number === number)?.name ?? firstName(nameLine(number, exchange));
}

function describeEnd(call: Call, exchange: ExchangeState, texts: Texts): string {
  if (call.ordered?.reason === "calleeBusy") {
    return texts.orderBusy;
  }
  if (call.ordered?.reason === "calleeNoAnswer") {
    return texts.orderUnanswered;
  }
  if (call.ordered !== null && call.answered !== null) {
    return texts.endedOther;
  }
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
