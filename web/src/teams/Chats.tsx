import { CounterBadge, Spinner, Tab, TabList } from "@fluentui/react-components";
import type { ExchangeState } from "../api/exchange";
import type { TeamsState, ToastEvent } from "../api/teams";
import { lineState } from "../exchange/names";
import { firstName } from "../format";
import { useTexts } from "../texts";
import { Chat } from "./Chat";
import css from "./Chats.module.css";
import { useUnread } from "./useUnread";

interface Props {
  teams: TeamsState | null;
  exchange: ExchangeState | null;
  /** Whose chat is in front where only one fits; null: the first. */
  chosen: string | null;
  onChoose(user: string): void;
  /** The banner that was clicked last: its card is what to show. */
  sought: ToastEvent | null;
}

/** The chats side by side, or one at a time with tabs where there is no room (the style sheet decides). */
export function Chats({ teams, exchange, chosen, onChoose, sought }: Props) {
  const texts = useTexts();
  const users = teams?.users ?? [];
  const current = users.some((user) => user.id === chosen) ? chosen : (users[0]?.id ?? null);
  const unread = useUnread(teams, current);

  return (
    <section className={css.teams} aria-label={texts.teams}>
      {teams === null && <Spinner className={css.loading} label={texts.loading} />}
      <div className={css.tabs}>
        <TabList
          selectedValue={current}
          onTabSelect={(_, data) => onChoose(String(data.value))}
          aria-label={texts.chats}
        >
          {users.map((user) => (
            <Tab key={user.id} value={user.id}>
              <span className={css.tab}>
                {firstName(user.name)}
                {(unread[user.id] ?? 0) > 0 && (
                  <CounterBadge
                    count={unread[user.id]}
                    size="small"
                    color="danger"
                    aria-label={texts.unread(unread[user.id] ?? 0)}
                  />
                )}
              </span>
            </Tab>
          ))}
        </TabList>
      </div>
      <div className={css.chats}>
        {users.map((user) => {
          const line = exchange?.lines.find((candidate) => candidate.name === user.name);
          return (
            <div key={user.id} className={css.chat} data-current={user.id === current}>
              <Chat
                user={user}
                messages={teams?.messages.filter((message) => message.user === user.id) ?? []}
                line={line}
                phone={lineState(line?.number, exchange?.calls ?? [])}
                sought={sought?.user === user.id ? sought : null}
              />
            </div>
          );
        })}
      </div>
    </section>
  );
}
