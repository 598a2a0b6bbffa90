import { Button } from "@fluentui/react-components";
import { DismissRegular } from "@fluentui/react-icons";
import { useEffect, useState } from "react";
import type { ToastEvent, User } from "../api/teams";
import { useTexts } from "../texts";
import { BotAvatar } from "./BotAvatar";
import css from "./Toasts.module.css";
import type { ShownToast } from "./useToasts";

/** Milliseconds a banner stays when nobody points at it; Teams' own stay about as long. */
const STAYS = 7_000;

interface Props {
  list: ShownToast[];
  users: User[];
  onOpen(toast: ToastEvent): void;
  onDismiss(key: number): void;
}

/** Teams' banners, bottom right: one for each new message of the bot, none for an edit. */
export function Toasts({ list, users, onOpen, onDismiss }: Props) {
  const texts = useTexts();
  return (
    <section className={css.toasts} aria-label={texts.toasts} aria-live="polite" aria-relevant="additions">
      {list.map((toast) => (
        <Toast
          key={toast.key}
          toast={toast}
          name={users.find((user) => user.id === toast.user)?.name ?? ""}
          onOpen={() => {
            onOpen(toast);
            onDismiss(toast.key);
          }}
          onDismiss={onDismiss}
        />
      ))}
    </section>
  );
}

interface ToastProps {
  toast: ShownToast;
  name: string;
  onOpen(): void;
  onDismiss(key: number): void;
}

function Toast({ toast, name, onOpen, onDismiss }: ToastProps) {
  const texts = useTexts();
  const [held, setHeld] = useState(false);

  useEffect(() => {
    if (held) {
      return;
    }
    const timer = window.setTimeout(() => onDismiss(toast.key), STAYS);
    return () => window.clearTimeout(timer);
  }, [held, toast.key, onDismiss]);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: pointing at a banner only keeps it from leaving
    <div
      className={css.toast}
      data-testid="toast"
      data-message={toast.message}
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <button type="button" className={css.open} onClick={onOpen} title={texts.openToast(name)}>
        <BotAvatar size={36} />
        <span className={css.texts}>
          <span className={css.from}>
            SmartCall <span className={css.to}>{texts.toastTo(name)}</span>
          </span>
          <span className={css.text}>{keepNumbers(toast.text)}</span>
        </span>
      </button>
      <Button
        className={css.dismiss}
        appearance="transparent"
        size="small"
        icon={<DismissRegular />}
        aria-label={texts.dismiss}
        onClick={() => onDismiss(toast.key)}
      />
    </div>
  );
}

/** A telephone number stays on one line. */
function keepNumbers(text: string): string {
  return text.replace(/(\d) (?=\d)/g, "$1\u00a0");
}
