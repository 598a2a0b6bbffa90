import { AvatarGroup, AvatarGroupItem } from "@fluentui/react-components";
import { useId } from "react";
import type { ExchangeState, Target } from "../api/exchange";
import { firstName, formatNumber } from "../format";
import { colorOf, Face } from "../shell/Face";
import { useTexts } from "../texts";
import { lineState, nameLine } from "./names";
import css from "./TargetPicker.module.css";

interface Props {
  exchange: ExchangeState;
  value: Target;
  onChange(value: Target): void;
}

/** Whom to ring: one employee's line, or a queue that rings several. */
export function TargetPicker({ exchange, value, onChange }: Props) {
  const texts = useTexts();
  const id = useId();
  return (
    <div className={css.targets} role="radiogroup" aria-labelledby={`${id}-heading`}>
      <h2 id={`${id}-heading`}>{texts.whomToReach}</h2>
      <div className={css.lines}>
        {exchange.lines.map((line) => (
          <label key={line.number} className={css.line}>
            <input
              type="radio"
              name={`${id}-target`}
              aria-label={`${line.name}, ${formatNumber(line.number)}`}
              checked={value.kind === "line" && value.number === line.number}
              onChange={() => onChange({ kind: "line", number: line.number })}
            />
            <Face size={32} name={line.name} />
            <span className={css.name}>{firstName(line.name)}</span>
            <span className={css.number}>
              {lineState(line.number, exchange.calls) === "busy" ? texts.busy : formatNumber(line.number)}
            </span>
          </label>
        ))}
      </div>
      <div className={css.queues}>
        {exchange.queues.map((queue) => (
          <label key={queue.name} className={css.queue}>
            <input
              type="radio"
              name={`${id}-target`}
              aria-label={`${queue.name}, ${texts.queueOf(queue.members.length)}`}
              checked={value.kind === "queue" && value.name === queue.name}
              onChange={() => onChange({ kind: "queue", name: queue.name })}
            />
            <span className={css.who}>
              <span className={css.name}>{queue.name}</span>
              <span className={css.number}>{texts.queueOf(queue.members.length)}</span>
            </span>
            <AvatarGroup aria-hidden="true" size={24} layout="stack">
              {queue.members.map((member) => (
                <AvatarGroupItem
                  key={member}
                  name={nameLine(member, exchange)}
                  color={colorOf(nameLine(member, exchange))}
                />
              ))}
            </AvatarGroup>
          </label>
        ))}
      </div>
    </div>
  );
}
