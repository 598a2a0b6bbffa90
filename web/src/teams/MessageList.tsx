import { Button } from "@fluentui/react-components";
import { ArrowDownRegular } from "@fluentui/react-icons";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Message, ToastEvent, User } from "../api/teams";
import { useTexts } from "../texts";
import { ChatMessage } from "./ChatMessage";
import css from "./MessageList.module.css";

/** Pixels from the bottom that still count as being there. */
const NEAR = 80;

interface Props {
  user: User;
  messages: Message[];
  sought: ToastEvent | null;
}

/** The messages, oldest first; stays at the bottom unless the reader has scrolled up. */
export function MessageList({ user, messages, sought }: Props) {
  const texts = useTexts();
  const place = useRef<HTMLDivElement>(null);
  const content = useRef<HTMLDivElement>(null);
  const atBottom = useRef(true);
  const [missed, setMissed] = useState(false);
  const newest = messages.at(-1);

  function toBottom(): void {
    const element = place.current;
    if (element !== null) {
      element.scrollTop = element.scrollHeight;
    }
    atBottom.current = true;
    setMissed(false);
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: only a new message moves the list
  useLayoutEffect(() => {
    if (atBottom.current || newest?.from === "user") {
      toBottom();
    } else {
      setMissed(true);
    }
  }, [newest?.id]);

  useEffect(() => {
    // Cards grow when they are edited, and when the chat becomes visible.
    const observer = new ResizeObserver(() => {
      if (atBottom.current && place.current !== null) {
        place.current.scrollTop = place.current.scrollHeight;
      }
    });
    for (const element of [place.current, content.current]) {
      if (element !== null) {
        observer.observe(element);
      }
    }
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    if (sought === null) {
      return;
    }
    const element = place.current?.querySelector<HTMLElement>(`[data-message="${CSS.escape(sought.message)}"]`);
    if (element) {
      atBottom.current = false;
      element.scrollIntoView({ block: "center" });
      element.focus({ preventScroll: true });
      element.classList.remove(css.found ?? "");
      void element.offsetWidth; // lets the highlight start over
      element.classList.add(css.found ?? "");
    }
  }, [sought]);

  return (
    <div className={css.frame}>
      <div
        className={css.list}
        ref={place}
        role="log"
        aria-label={texts.messagesOf(user.name)}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a list that scrolls must be reachable from the keyboard
        tabIndex={0}
        onScroll={(event) => {
          const { scrollHeight, scrollTop, clientHeight } = event.currentTarget;
          atBottom.current = scrollHeight - scrollTop - clientHeight < NEAR;
          if (atBottom.current) {
            setMissed(false);
          }
        }}
      >
        <div className={css.content} ref={content}>
          {messages.map((message) => (
            <ChatMessage key={message.id} message={message} />
          ))}
        </div>
      </div>
      {missed && (
        <Button className={css.missed} shape="circular" size="small" icon={<ArrowDownRegular />} onClick={toBottom}>
          {texts.newMessages}
        </Button>
      )}
    </div>
  );
}
