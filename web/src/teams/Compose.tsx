import { Button, Input } from "@fluentui/react-components";
import { SendRegular } from "@fluentui/react-icons";
import { useState } from "react";
import { useTexts } from "../texts";
import css from "./Compose.module.css";

interface Props {
  name: string;
  /** True when the message went out; then the box is emptied. */
  onSend(text: string): Promise<boolean>;
}

export function Compose({ name, onSend }: Props) {
  const texts = useTexts();
  const [text, setText] = useState("");
  const [sending, setSending] = useState(false);

  async function send(): Promise<void> {
    setSending(true);
    if (await onSend(text.trim())) {
      setText("");
    }
    setSending(false);
  }

  return (
    <form
      className={css.compose}
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() !== "" && !sending) {
          void send();
        }
      }}
    >
      <Input
        className={css.input}
        autoComplete="off"
        aria-label={texts.composeTo(name)}
        placeholder={texts.compose}
        value={text}
        onChange={(_, data) => setText(data.value)}
        contentAfter={
          <Button
            type="submit"
            appearance="transparent"
            icon={<SendRegular />}
            aria-label={texts.send}
            disabledFocusable={text.trim() === "" || sending}
          />
        }
      />
    </form>
  );
}
