import { Button } from "@fluentui/react-components";
import {
  ArrowUndoRegular,
  CallDismissRegular,
  CallEndFilled,
  CallFilled,
  CallInboundFilled,
  CallOutboundFilled,
  CallTransferRegular,
} from "@fluentui/react-icons";
import { useRef, useState } from "react";
import { answerCall, type Call, type ExchangeState, hangUpCall, moveCall, rejectCall } from "../api/exchange";
import { firstName, formatDuration } from "../format";
import { Face } from "../shell/Face";
import { useKeptFocus } from "../shell/useKeptFocus";
import { useNow } from "../shell/useNow";
import { Notice } from "../teams/Notice";
import { useTexts } from "../texts";
import css from "./CallPanel.module.css";
import { describeState, describeWay, nameLine, nameOther } from "./names";
import { PassMenu } from "./PassMenu";

/** A call that lives: who, whom it rings, how long, and what can be done with it. */
export function CallPanel({ call, exchange }: { call: Call; exchange: ExchangeState }) {
  const texts = useTexts();
  const now = useNow(true);
  const [working, setWorking] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const [failed, setFailed] = useState(false);
  const place = useRef<HTMLElement>(null);
  useKeptFocus(place);
  const answered = call.state === "answered";
  const talking = answered && (call.ordered === null || call.ordered.state === "connected");
  const other = nameOther(call, exchange, texts);
  const caller = call.ordered === null ? other : texts.towards(firstName(nameLine(call.to, exchange)), other);
  const Sign = answered ? CallFilled : call.ordered === null ? CallInboundFilled : CallOutboundFilled;
  const way = describeWay(call, exchange, texts);
  const transferring = call.parent !== null && exchange.calls.some((c) => c.id === call.parent && c.state !== "ended");
  const phones = call.answered_by === null ? call.ringing : [call.answered_by];

  const passMenu = <PassMenu call={call} exchange={exchange} disabled={working} act={(action) => void act(action)} />;

  async function act(action: Promise<unknown>): Promise<void> {
    setWorking(true);
    setFailed(false);
    try {
      await action;
    } catch {
      setFailed(true);
    } finally {
      setWorking(false);
    }
  }

  /** Waits for nothing else: who hangs up may do so while an answer is still on its way. */
  async function leave(): Promise<void> {
    setLeaving(true);
    await act(hangUpCall(call.id));
    setLeaving(false);
  }

  return (
    <article
      className={css.panel}
      data-state={call.state}
      data-call={call.id}
      aria-label={caller}
      ref={place}
      tabIndex={-1}
    >
      <header className={css.header}>
        <span className={css.sign} aria-hidden="true">
          <Sign />
        </span>
        <span className={css.who}>
          <b className={css.caller}>{caller}</b>
          <span className={css.state}>
            {describeState(call, exchange, texts)}
            {way === "" ? "" : ` ${way}`}
          </span>
        </span>
        <time className={css.timer} role="timer" aria-label={texts.duration}>
          {formatDuration(now - Date.parse(call.answered ?? call.started))}
        </time>
        {!answered && passMenu}
        <Button
          className={css.hangUp}
          size="small"
          icon={<CallEndFilled />}
          disabledFocusable={leaving}
          onClick={() => void leave()}
        >
          {texts.hangUp}
        </Button>
      </header>
      <ul className={css.phones}>
        {phones.map((number) => {
          const name = nameLine(number, exchange);
          return (
            <li key={number} className={css.phone}>
              <Face size={28} name={name} />
              <span className={css.name}>
                {name}
                {talking && <span className={css.talking}> {texts.talking}</span>}
              </span>
              {answered && passMenu}
              {!answered && (
                <span className={css.buttons}>
                  <Button
                    size="small"
                    appearance="primary"
                    icon={<CallFilled />}
                    disabledFocusable={working}
                    aria-label={texts.answerAs(name)}
                    onClick={() => void act(answerCall(call.id, number))}
                  >
                    {texts.answer}
                  </Button>
                  <Button
                    size="small"
                    appearance="subtle"
                    icon={<CallDismissRegular />}
                    disabledFocusable={working}
                    aria-label={texts.declineAs(name)}
                    onClick={() => void act(rejectCall(call.id, number))}
                  >
                    {texts.decline}
                  </Button>
                </span>
              )}
            </li>
          );
        })}
      </ul>
      <div className={css.more}>
        {call.consults !== null && (
          <Button
            size="small"
            appearance="primary"
            icon={<CallTransferRegular />}
            disabledFocusable={working}
            onClick={() => void act(moveCall(call.id, "join"))}
          >
            {texts.transferNow}
          </Button>
        )}
        {!answered && transferring && (
          <Button
            size="small"
            appearance="subtle"
            icon={<ArrowUndoRegular />}
            disabledFocusable={working}
            onClick={() => void act(moveCall(call.id, "return"))}
          >
            {texts.takeBack}
          </Button>
        )}
      </div>
      {failed && <Notice kind="error" text={texts.callFailed} onDismiss={() => setFailed(false)} />}
    </article>
  );
}
