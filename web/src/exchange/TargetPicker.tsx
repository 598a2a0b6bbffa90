import { AvatarGroup, AvatarGroupItem } from "@fluentui/react-components";
import { useId } from "react";
import type { ExchangeState, Group, Target } from "../api/exchange";
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

/** Whom to ring: one employee's line, or a queue or shared number that rings several. */
export function TargetPicker({ exchange, value, onChange }: Props) {
  const texts = useTexts();
  const id = useId();
  const targets: { group: Group; target: Target; hint: string }[] = [
    ...exchange.queues.map((group) => ({
      group,
      target: { kind: "queue", name: group.name } as const,
      hint: group.strategy === "hunt" ? texts.hunts : texts.queueOf(group.members.length),
    })),
    ...exchange.shared.map((group) => ({
      group,
      target: { kind: "shared", name: group.name, number: group.number } as const,
      hint: texts.sharedBy(group.members.length),
    })),
  ];
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
        {targets.map(({ group, target, hint }) => (
          <label key={group.number} className={css.queue}>
            <input
              type="radio"
              name={`${id}-target`}
              aria-label={`${group.name}, ${hint}`}
              checked={value.kind === target.kind && value.kind !== "line" && value.name === group.name}
              onChange={() => onChange(target)}
            />
            <span className={css.who}>
              <span className={css.name}>{group.name}</span>
              <span className={css.number}>{hint}</span>
            </span>
            <AvatarGroup className={css.faces} aria-hidden="true" size={20} layout="stack">
              {group.members.map((member) => (
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
