import { CounterBadge, Tab, TabList } from "@fluentui/react-components";
import { CallRegular, ChatMultipleRegular } from "@fluentui/react-icons";
import { useTexts } from "../texts";
import css from "./ViewSwitch.module.css";

export type View = "exchange" | "teams";

/** On a screen too narrow for both, one at a time. */
export function ViewSwitch({ view, onView, unread }: { view: View; onView(view: View): void; unread: number }) {
  const texts = useTexts();
  return (
    <nav className={css.switch} aria-label={texts.views}>
      <TabList selectedValue={view} onTabSelect={(_, data) => onView(data.value as View)} appearance="subtle">
        <Tab value="exchange" icon={<CallRegular />}>
          {texts.exchangeView}
        </Tab>
        <Tab value="teams" icon={<ChatMultipleRegular />}>
          <span className={css.label}>
            {texts.teamsView}
            {unread > 0 && (
              <CounterBadge count={unread} size="small" color="danger" aria-label={texts.unread(unread)} />
            )}
          </span>
        </Tab>
      </TabList>
    </nav>
  );
}
