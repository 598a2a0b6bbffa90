import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { invokeAction, type Message, submitAction } from "../api/teams";
import { useTexts } from "../texts";
import { useMode } from "../theme";
import { readAnswer } from "./answer";
import css from "./Card.module.css";
import { type CardAction, drawCard } from "./drawCard";
import { Notice } from "./Notice";

type Said = { kind: "error" | "text"; text: string };

/** A card of the bot, alive: its buttons work, show that they do, and bring the answer back into the card. */
export function Card({ message }: { message: Message }) {
  const texts = useTexts();
  const mode = useMode();
  const place = useRef<HTMLDivElement>(null);
  const [replacement, setReplacement] = useState<{ of: Message; card: Record<string, unknown> } | null>(null);
  const [said, setSaid] = useState<Said | null>(null);
  const [broken, setBroken] = useState(false);
  const busy = useRef(false);

  // The answer to a click stands until the stream brings a newer edit of the same message.
  const card = replacement?.of === message ? replacement.card : message.card;

  const act = useRef<(action: CardAction, button: HTMLElement | undefined) => Promise<void>>(async () => {});
  useEffect(() => {
    act.current = async (action, button) => {
      if (busy.current) {
        return;
      }
      busy.current = true;
      setSaid(null);
      showWorking(button, true);
      try {
        if (action.kind === "execute") {
          const reading = readAnswer(await invokeAction(message.user, message.id, action.verb, action.data));
          if (reading.kind === "card") {
            setReplacement({ of: message, card: reading.card });
          } else if (reading.kind === "unreachable") {
            setSaid({ kind: "error", text: texts.actionUnreachable });
          } else if (reading.kind === "error") {
            setSaid({ kind: "error", text: reading.text ?? texts.actionFailed });
          } else if (reading.kind === "text") {
            setSaid({ kind: "text", text: reading.text });
          }
        } else {
          const answer = await submitAction(message.user, message.id, action.data);
          if (answer.status === null) {
            setSaid({ kind: "error", text: texts.actionUnreachable });
          } else if (answer.status >= 400) {
            setSaid({ kind: "error", text: texts.actionFailed });
          } else {
            setSaid({ kind: "text", text: texts.actionSent });
          }
        }
      } catch {
        setSaid({ kind: "error", text: texts.actionUnreachable });
      } finally {
        busy.current = false;
        showWorking(button, false);
      }
    };
  });

  useLayoutEffect(() => {
    const element = place.current;
    if (element === null || card === null) {
      return;
    }
    const focused = focusedButton(element);
    const drawn = drawCard(card, mode, texts.language, (action, button) => void act.current(action, button));
    element.replaceChildren(...(drawn === null ? [] : [drawn]));
    setBroken(drawn === null);
    if (focused !== null) {
      // A card that changes under the hand must not lose the keyboard.
      const buttons = element.querySelectorAll("button");
      (buttons[Math.min(focused, buttons.length - 1)] ?? element).focus();
    }
  }, [card, mode, texts.language]);

  return (
    <>
      <div className={css.card} data-mode={mode} ref={place} tabIndex={-1} lang={languageOf(card)} />
      {broken && <Notice kind="error" text={texts.cardUnreadable} />}
      {said !== null && <Notice kind={said.kind} text={said.text} onDismiss={() => setSaid(null)} />}
    </>
  );
}

/** Which of the card's buttons has the focus; null: none. */
function focusedButton(element: HTMLElement): number | null {
  const index = [...element.querySelectorAll("button")].indexOf(document.activeElement as HTMLButtonElement);
  return index < 0 ? null : index;
}

function showWorking(button: HTMLElement | undefined, working: boolean): void {
  button?.classList.toggle("working", working);
  button?.toggleAttribute("aria-busy", working);
  if (working) {
    button?.setAttribute("aria-busy", "true");
  }
}

/** A card may be in another language than the page. */
function languageOf(card: Record<string, unknown> | null): string | undefined {
  return typeof card?.lang === "string" ? card.lang : undefined;
}
