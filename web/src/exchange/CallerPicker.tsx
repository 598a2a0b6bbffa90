import { Avatar, Button, Input } from "@fluentui/react-components";
import {
  ChevronDownRegular,
  ChevronUpRegular,
  DialpadRegular,
  EyeOffRegular,
  PersonQuestionMarkRegular,
} from "@fluentui/react-icons";
import { useId, useRef, useState } from "react";
import type { Caller, Line } from "../api/exchange";
import { formatNumber } from "../format";
import { Face } from "../shell/Face";
import { useTexts } from "../texts";
import css from "./CallerPicker.module.css";

/** A caller from the world's list (null: hidden), or a number typed in. */
export type Calling = { kind: "known"; number: string | null } | { kind: "other"; number: string };

/** Callers in sight; the rest, and the colleagues, are folded away. */
const SHOWN = 6;

interface Props {
  callers: Caller[];
  colleagues: Line[];
  value: Calling;
  onChange(value: Calling): void;
}

export function CallerPicker({ callers, colleagues, value, onChange }: Props) {
  const texts = useTexts();
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState(false);
  const inside = colleagues.map((line) => ({ number: line.number, label: line.name, note: texts.colleague }));
  const offered = open ? [...callers, ...inside] : callers.slice(0, SHOWN);
  return (
    <div className={css.callers} role="radiogroup" aria-labelledby={`${id}-heading`}>
      <h2 id={`${id}-heading`}>{texts.whoCalls}</h2>
      <div className={css.list}>
        {offered.map((caller) => (
          <label key={caller.number ?? "hidden"} className={css.caller}>
            <input
              type="radio"
              name={`${id}-caller`}
              checked={value.kind === "known" && value.number === caller.number}
              onChange={() => onChange({ kind: "known", number: caller.number })}
            />
            <CallerFace caller={caller} />
            <span className={css.who}>
              <span className={css.name}>{caller.label}</span>
              <span className={css.note}>
                {[caller.number === null ? null : formatNumber(caller.number), caller.note]
                  .filter((part) => part !== null && part !== "")
                  .join(" · ")}
              </span>
            </span>
            <span className={css.mark} aria-hidden="true" />
          </label>
        ))}
        <label className={css.caller}>
          <input
            type="radio"
            name={`${id}-caller`}
            checked={value.kind === "other"}
            onChange={() => {
              onChange({ kind: "other", number: "" });
              requestAnimationFrame(() => input.current?.focus());
            }}
          />
          <Avatar aria-hidden="true" size={28} icon={<DialpadRegular />} />
          <span className={css.who}>
            <span className={css.name}>{texts.otherNumber}</span>
            <span className={css.note}>{texts.otherNumberHint}</span>
          </span>
          <span className={css.mark} aria-hidden="true" />
        </label>
        <Button
          className={css.unfold}
          size="small"
          appearance="subtle"
          icon={open ? <ChevronUpRegular /> : <ChevronDownRegular />}
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          {open ? texts.fewerCallers : texts.moreCallers}
        </Button>
        {value.kind === "other" && (
          <Input
            ref={input}
            className={css.number}
            type="tel"
            size="large"
            autoComplete="off"
            aria-label={texts.numberLabel}
            placeholder={texts.numberExample}
            value={value.number}
            onChange={(_, data) => onChange({ kind: "other", number: data.value })}
          />
        )}
      </div>
    </div>
  );
}

function CallerFace({ caller }: { caller: Caller }) {
  if (caller.number === null) {
    return <Avatar aria-hidden="true" size={28} icon={<EyeOffRegular />} />;
  }
  if (/^(ukjent|unknown)/i.test(caller.label)) {
    return <Avatar aria-hidden="true" size={28} icon={<PersonQuestionMarkRegular />} />;
  }
  return <Face size={28} name={caller.label.split(",")[0] ?? ""} />;
}
