import { Button, Spinner } from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons";
import { useTexts } from "../texts";
import { BotAvatar } from "./BotAvatar";
import css from "./EmptyChat.module.css";

/** Installed, and nobody has called yet. */
export function EmptyChat({ name }: { name: string }) {
  const texts = useTexts();
  return (
    <div className={css.empty}>
      <BotAvatar size={56} />
      <h3>{texts.emptyChat}</h3>
      <p>{texts.emptyChatHint(name)}</p>
    </div>
  );
}

interface Props {
  name: string;
  /** Below older messages, in a smaller shape. */
  compact: boolean;
  working: boolean;
  onInstall(): void;
}

export function NotInstalled({ name, compact, working, onInstall }: Props) {
  const texts = useTexts();
  return (
    <div className={compact ? css.removed : css.empty}>
      {!compact && <BotAvatar size={56} />}
      <h3>{texts.notInstalled}</h3>
      {!compact && <p>{texts.notInstalledHint(name)}</p>}
      <Button
        appearance="primary"
        icon={working ? <Spinner size="tiny" /> : <AddRegular />}
        disabledFocusable={working}
        onClick={onInstall}
      >
        {texts.install}
      </Button>
    </div>
  );
}
