import { Button, MessageBar, MessageBarActions, MessageBarBody, MessageBarGroup } from "@fluentui/react-components";
import { DismissRegular } from "@fluentui/react-icons";
import { useTexts } from "../texts";

/**
 * A quiet line below a card, a chat or a button. Said aloud to those who listen to the page.
 *
 * The group around it is for popovers: a bar without one takes the popover's motion for its own, and takes it along when
 * it goes; the popover would never close again.
 */
export function Notice({ kind, text, onDismiss }: { kind: "error" | "text"; text: string; onDismiss?: () => void }) {
  const texts = useTexts();
  return (
    <MessageBarGroup>
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
    </MessageBarGroup>
  );
}
