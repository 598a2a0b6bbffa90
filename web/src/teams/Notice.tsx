import { Button, MessageBar, MessageBarActions, MessageBarBody } from "@fluentui/react-components";
import { DismissRegular } from "@fluentui/react-icons";
import { useTexts } from "../texts";

/** A quiet line below a card, a chat or a button. Said aloud to those who listen to the page. */
export function Notice({ kind, text, onDismiss }: { kind: "error" | "text"; text: string; onDismiss?: () => void }) {
  const texts = useTexts();
  return (
    <MessageBar
      intent={kind === "error" ? "warning" : "info"}
      layout="multiline"
      politeness="polite"
      data-testid="notice"
      role="status"
    >
      <MessageBarBody>{text}</MessageBarBody>
      {onDismiss !== undefined && (
        <MessageBarActions
          containerAction={
            <Button
              appearance="transparent"
              size="small"
              icon={<DismissRegular />}
              aria-label={texts.dismiss}
              onClick={onDismiss}
            />
          }
        />
      )}
    </MessageBar>
  );
}
