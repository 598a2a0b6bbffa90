import { Button, Field, Radio, RadioGroup } from "@fluentui/react-components";
import { useState } from "react";
import { RequestError } from "../api/http";
import { cutStream, type Telling, tellThrough, type Way } from "../api/telling";
import { useTexts } from "../texts";
import css from "./Extras.module.css";

const WAYS = ["webhook", "stream"] as const;
/** Seconds that the stream can be cut for. */
const CUTS = [5, 20] as const;

interface Props {
  telling: Telling;
  look(): Promise<void>;
}

/** Which of its interfaces the operator tells of calls through; the stream can be cut. */
export function TellingChoice({ telling, look }: Props) {
  const texts = useTexts();
  const [wanted, setWanted] = useState<Way | null>(null); // the choice follows the hand at once, as all switches here
  const [problem, setProblem] = useState<string | null>(null);

  async function act(action: Promise<unknown>): Promise<void> {
    setProblem(null);
    try {
      await action;
    } catch (error) {
      const busy = error instanceof RequestError && error.status === 409;
      setProblem(busy ? texts.tellingBusy : texts.faultsFailed);
    }
    await look();
    setWanted(null);
  }

  function choose(way: Way): void {
    setWanted(way);
    void act(tellThrough(way));
  }

  return (
    <div className={css.telling}>
      <Field label={texts.telling} validationState={problem === null ? "none" : "warning"} validationMessage={problem}>
        <RadioGroup
          layout="horizontal"
          value={wanted ?? telling.through}
          onChange={(_, data) => choose(data.value as Way)}
        >
          {WAYS.map((each) => (
            <Radio key={each} value={each} label={texts.ways[each]} />
          ))}
        </RadioGroup>
      </Field>
      {telling.through === "stream" && (
        <div className={css.cuts}>
          {CUTS.map((seconds) => (
            <Button key={seconds} size="small" onClick={() => void act(cutStream(seconds))}>
              {texts.cutFor(seconds)}
            </Button>
          ))}
          <span className={css.about} role="status">
            {telling.connected ? texts.streamUp : telling.refused > 0 ? texts.streamCut : texts.streamDown}
          </span>
        </div>
      )}
    </div>
  );
}
