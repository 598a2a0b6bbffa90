import { useEffect, useRef, useState } from "react";
import type { Line } from "../api/exchange";
import { type Membership, type Message, sendMessage, setMembership, type ToastEvent, type User } from "../api/teams";
import { firstName } from "../format";
import { useKeptFocus } from "../shell/useKeptFocus";
import { useTexts } from "../texts";
import css from "./Chat.module.css";
import { ChatHeader, type PhoneState } from "./ChatHeader";
import { Compose } from "./Compose";
import { EmptyChat, NotInstalled } from "./EmptyChat";
import { MessageList } from "./MessageList";
import { Notice } from "./Notice";

interface Props {
  user: User;
  messages: Message[];
  /** The employee's phone, when one carries the same name. */
  line: Line | undefined;
  phone: PhoneState;
  sought: ToastEvent | null;
}

/** One employee's Teams: the chat with SmartCall. */
export function Chat({ user, messages, line, phone, sought }: Props) {
  const texts = useTexts();
  const place = useRef<HTMLElement>(null);
  useKeptFocus(place);
  const [problem, setProblem] = useState<string | null>(null);
  const [installing, setInstalling] = useState(false);

  useEffect(() => {
    if (user.installed) {
      setInstalling(false);
    }
  }, [user.installed]);

  async function change(membership: Membership): Promise<void> {
    setProblem(null);
    setInstalling(membership === "install");
    try {
      await setMembership(user.id, membership);
    } catch {
      setProblem(texts.changeFailed);
    } finally {
      setInstalling(false);
    }
  }

  async function send(text: string): Promise<boolean> {
    setProblem(null);
    try {
      const answer = await sendMessage(user.id, text);
      if (answer.status === null || answer.status >= 400) {
        setProblem(texts.noAnswer);
      }
      return true;
    } catch {
      setProblem(texts.sendFailed);
      return false;
    }
  }

  return (
    <article className={css.chat} aria-label={texts.chatOf(user.name)} data-chat={user.name} ref={place} tabIndex={-1}>
      <ChatHeader user={user} line={line} phone={phone} onChange={(membership) => void change(membership)} />
      <div className={css.body}>
        {messages.length > 0 ? (
          <MessageList user={user} messages={messages} sought={sought} />
        ) : (
          user.installed && <EmptyChat name={firstName(user.name)} />
        )}
        {!user.installed && (
          <NotInstalled
            name={firstName(user.name)}
            compact={messages.length > 0}
            working={installing}
            onInstall={() => void change("install")}
          />
        )}
      </div>
      {problem !== null && (
        <div className={css.problem}>
          <Notice kind="error" text={problem} onDismiss={() => setProblem(null)} />
        </div>
      )}
      {user.installed && <Compose name={user.name} onSend={send} />}
    </article>
  );
}
