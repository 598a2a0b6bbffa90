import {
  Button,
  Field,
  Popover,
  PopoverSurface,
  PopoverTrigger,
  Radio,
  RadioGroup,
  Switch,
} from "@fluentui/react-components";
import { PlugDisconnectedRegular } from "@fluentui/react-icons";
import { useCallback, useEffect, useState } from "react";
import { type Faults, readFaults, setFaults } from "../api/faults";
import { Notice } from "../teams/Notice";
import { useTexts } from "../texts";
import css from "./Extras.module.css";
import { Sheet } from "./Sheet";
import { TellingChoice } from "./TellingChoice";
import { useTelling } from "./useTelling";

const CRM = ["well", "slow", "dead"] as const;

/** What goes wrong outside, at a switch. How many are on is said on the button. */
export function FaultsButton() {
  const texts = useTexts();
  const [faults, setKnown] = useState<Faults | null>(null);
  const [failed, setFailed] = useState(false);
  const [open, setOpen] = useState(false);
  const { telling, look: lookAtTelling } = useTelling(open);
  const cut = telling?.through === "stream" && !telling.connected;
  const inOrder = telling?.through === "stream"; // one connection: nothing in it can overtake
  const on =
    faults === null ? [] : [faults.crm !== "well", faults.throttled, faults.duplicate, faults.reorder && !inOrder];
  const count = [...on, cut].filter(Boolean).length;

  const look = useCallback(async () => {
    try {
      setKnown(await readFaults());
    } catch {
      setKnown(null);
    }
  }, []);
  useEffect(() => void look(), [look]);

  async function change(part: Partial<Faults>): Promise<void> {
    if (faults === null) {
      return;
    }
    setFailed(false);
    const wanted = { ...faults, ...part };
    setKnown(wanted); // the switch follows the hand at once; what is true is asked afterwards
    try {
      await setFaults(wanted);
    } catch {
      setFailed(true);
    }
    await look();
  }

  const switches = [
    ["throttled", texts.faultThrottled],
    ["duplicate", texts.faultDuplicate],
    ["reorder", inOrder ? texts.faultReorderNot : texts.faultReorder],
  ] as const;
  return (
    <Popover
      trapFocus
      positioning="above-start"
      onOpenChange={(_, data) => {
        setOpen(data.open);
        void (data.open && look());
      }}
    >
      <PopoverTrigger disableButtonEnhancement>
        <Button size="small" appearance={count > 0 ? "outline" : "subtle"} icon={<PlugDisconnectedRegular />}>
          {count > 0 ? `${texts.faults} · ${texts.faultsActive(count)}` : texts.faults}
        </Button>
      </PopoverTrigger>
      <PopoverSurface aria-label={texts.faults}>
        <Sheet title={texts.faults}>
          <p className={css.about}>{texts.faultsAbout}</p>
          {faults !== null && (
            <>
              <Field label={texts.crm}>
                <RadioGroup
                  value={faults.crm}
                  onChange={(_, data) => void change({ crm: data.value as Faults["crm"] })}
                >
                  {CRM.map((each) => (
                    <Radio key={each} value={each} label={texts.crmStates[each]} />
                  ))}
                </RadioGroup>
              </Field>
              <div>
                {switches.map(([name, label]) => (
                  <div key={name}>
                    <Switch
                      label={label}
                      checked={faults[name] && !(name === "reorder" && inOrder)}
                      disabled={name === "reorder" && inOrder}
                      onChange={(_, data) => void change({ [name]: data.checked })}
                    />
                  </div>
                ))}
              </div>
            </>
          )}
          {telling !== null && <TellingChoice telling={telling} look={lookAtTelling} />}
          {failed && <Notice kind="error" text={texts.faultsFailed} onDismiss={() => setFailed(false)} />}
        </Sheet>
      </PopoverSurface>
    </Popover>
  );
}
