import {
  Button,
  Field,
  Popover,
  PopoverSurface,
  PopoverTrigger,
  ProgressBar,
  Radio,
  RadioGroup,
} from "@fluentui/react-components";
import { CalendarPlayRegular } from "@fluentui/react-icons";
import { useCallback, useEffect, useState } from "react";
import { beginDay, type Progress, readDay, stopDay } from "../api/day";
import { Notice } from "../teams/Notice";
import { type Texts, useTexts } from "../texts";
import css from "./Extras.module.css";
import { Sheet } from "./Sheet";

const SPEEDS = ["1", "10", "100", "most"] as const;
/** Milliseconds between two looks while a day is played. */
const LOOK = 1_000;

/** The recorded working day: start it at a speed, see how far it is, and what it came to. */
export function WorkingDay() {
  const texts = useTexts();
  const [offered, setOffered] = useState(false);
  const [progress, setProgress] = useState<Progress | null>(null);
  const [speed, setSpeed] = useState<string>("most");
  const [failed, setFailed] = useState(false);
  const playing = progress?.state === "playing";

  const look = useCallback(async () => {
    try {
      setProgress(await readDay());
      setOffered(true);
    } catch {
      setOffered(false); // a page without the demo behind it, or the demo is away
    }
  }, []);

  useEffect(() => {
    void look();
    const timer = window.setInterval(() => void look(), playing ? LOOK : 10 * LOOK);
    return () => window.clearInterval(timer);
  }, [look, playing]);

  async function ask(action: Promise<Progress | null>): Promise<void> {
    setFailed(false);
    try {
      setProgress(await action);
    } catch {
      setFailed(true);
    }
  }

  if (!offered) {
    return null;
  }
  return (
    <Popover trapFocus positioning="above-start">
      <PopoverTrigger disableButtonEnhancement>
        <Button size="small" appearance="subtle" icon={<CalendarPlayRegular />}>
          {playing && progress !== null ? `${texts.day} · ${progress.done}/${progress.calls}` : texts.day}
        </Button>
      </PopoverTrigger>
      <PopoverSurface aria-label={texts.day}>
        <Sheet title={texts.day}>
          {progress === null && <p className={css.about}>{texts.dayShort}</p>}
          {progress !== null && <Account progress={progress} texts={texts} />}
          {!playing && (
            <Field label={texts.speed}>
              <RadioGroup layout="horizontal" value={speed} onChange={(_, data) => setSpeed(data.value)}>
                {SPEEDS.map((each) => (
                  <Radio
                    key={each}
                    value={each}
                    label={each === "most" ? texts.speedMost : texts.speedTimes(Number(each))}
                  />
                ))}
              </RadioGroup>
            </Field>
          )}
          {/* One button for both, so that the keyboard stays on it. */}
          <Button
            key="go"
            appearance={playing ? "secondary" : "primary"}
            onClick={() => void ask(playing ? stopDay() : beginDay(speed === "most" ? null : Number(speed)))}
          >
            {playing ? texts.dayStop : texts.dayStart}
          </Button>
          {failed && <Notice kind="error" text={texts.dayFailed} onDismiss={() => setFailed(false)} />}
        </Sheet>
      </PopoverSurface>
    </Popover>
  );
}

function Account({ progress, texts }: { progress: Progress; texts: Texts }) {
  const clock = [progress.clock / 3_600, (progress.clock / 60) % 60]
    .map((part) => String(Math.floor(part)).padStart(2, "0"))
    .join(":");
  const sums: [string, number][] = [
    [texts.dayAnswered, progress.answered],
    [texts.dayUnanswered, progress.unanswered],
    [texts.dayPassedOn, progress.passed_on],
    [texts.dayInternal, progress.internal],
  ];
  if (progress.refused > 0) {
    sums.push([texts.dayRefused, progress.refused]);
  }
  if (progress.late > 0) {
    sums.push([texts.dayLate, progress.late]);
  }
  return (
    <>
      <div className={css.head}>
        <b role="status">{texts.dayStates[progress.state]}</b>
        <span>{progress.state === "playing" ? texts.dayClock(clock) : ""}</span>
      </div>
      <Field validationMessage={texts.dayProgress(progress.done, progress.calls)} validationState="none">
        <ProgressBar
          aria-label={texts.day}
          value={progress.done / Math.max(1, progress.calls)}
          color={progress.state === "failed" ? "error" : "brand"}
          thickness="large"
        />
      </Field>
      <dl className={css.sums}>
        {sums.map(([name, count]) => (
          <Sum key={name} name={name} count={count} />
        ))}
      </dl>
    </>
  );
}

function Sum({ name, count }: { name: string; count: number }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{count}</dd>
    </>
  );
}
