import { Button, Spinner } from "@fluentui/react-components";
import { CallFilled } from "@fluentui/react-icons";
import { useState } from "react";
import { type ExchangeState, startCall, type Target } from "../api/exchange";
import { RequestError } from "../api/http";
import { firstName } from "../format";
import { Notice } from "../teams/Notice";
import { type Texts, useTexts } from "../texts";
import { CallerPicker, type Calling } from "./CallerPicker";
import { CallList } from "./CallList";
import css from "./Desk.module.css";
import { Extras } from "./Extras";
import { nameCaller, nameLine } from "./names";
import { TargetPicker } from "./TargetPicker";

/** The telephone exchange: who calls, whom, Ring, and the calls that live. */
export function Desk({ exchange }: { exchange: ExchangeState | null }) {
  const texts = useTexts();
  return (
    <section className={css.desk} aria-label={texts.exchange}>
      {exchange === null ? (
        <Spinner className={css.loading} label={texts.loading} />
      ) : (
        <>
          <Switchboard exchange={exchange} />
          <CallList exchange={exchange} />
          <Extras />
        </>
      )}
    </section>
  );
}

function Switchboard({ exchange }: { exchange: ExchangeState }) {
  const texts = useTexts();
  const [calling, setCalling] = useState<Calling>(() => {
    const first = exchange.callers[0];
    return first === undefined ? { kind: "other", number: "" } : { kind: "known", number: first.number };
  });
  const [target, setTarget] = useState<Target>({ kind: "line", number: exchange.lines[0]?.number ?? "" });
  const [working, setWorking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);

  const from = calling.kind === "known" ? calling.number : calling.number.replace(/[\s()-]/g, "");
  const ready = from !== "" && !working;
  const caller = from === "" ? texts.chooseCaller : nameCaller(from, exchange, texts);
  const called = target.kind === "line" ? firstName(nameLine(target.number, exchange)) : target.name;

  async function ring(): Promise<void> {
    setWorking(true);
    setProblem(null);
    try {
      await startCall(from, target);
    } catch (error) {
      setProblem(explain(error, texts));
    } finally {
      setWorking(false);
    }
  }

  return (
    <form
      className={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (ready) {
          void ring();
        }
      }}
    >
      <div className={css.choices}>
        <CallerPicker callers={exchange.callers} colleagues={exchange.lines} value={calling} onChange={setCalling} />
        <TargetPicker exchange={exchange} value={target} onChange={setTarget} />
      </div>
      <div className={css.ring}>
        {problem !== null && <Notice kind="error" text={problem} onDismiss={() => setProblem(null)} />}
        <Button
          className={css.ringButton}
          type="submit"
          appearance="primary"
          size="large"
          disabledFocusable={!ready}
          icon={<CallFilled />}
        >
          <span className={css.ringText}>
            <b>{working ? texts.ringing : texts.ring}</b>
            <span className={css.ringWho}>{from === "" ? caller : texts.towards(caller, called)}</span>
          </span>
        </Button>
      </div>
    </form>
  );
}

function explain(error: unknown, texts: Texts): string {
  if (error instanceof RequestError && error.status === 409) {
    return texts.lineBusy;
  }
  return error instanceof RequestError && error.message !== ""
    ? `${texts.ringFailed} (${error.message})`
    : texts.ringFailed;
}
