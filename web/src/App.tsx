import { FluentProvider, Spinner } from "@fluentui/react-components";
import { useCallback, useEffect, useRef, useState } from "react";
import css from "./App.module.css";
import type { ToastEvent } from "./api/teams";
import { Desk } from "./exchange/Desk";
import { useExchange } from "./exchange/useExchange";
import { Header } from "./shell/Header";
import { useLanguage } from "./shell/useLanguage";
import { type View, ViewSwitch } from "./shell/ViewSwitch";
import { Chats } from "./teams/Chats";
import { Toasts } from "./teams/Toasts";
import { useTeams } from "./teams/useTeams";
import { useToasts } from "./teams/useToasts";
import { catalogue, TextsContext } from "./texts";
import { ModeContext, themes, useChosenMode } from "./theme";

/** The demo's page: a local Teams beside a small telephone exchange. */
export function App() {
  const [mode, setMode] = useChosenMode();
  const [language, setLanguage] = useLanguage();
  const [view, setView] = useState<View>("exchange");
  const [chosen, setChosen] = useState<string | null>(null);
  const [sought, setSought] = useState<ToastEvent | null>(null);
  const toasts = useToasts();
  const teams = useTeams(toasts.add);
  const exchange = useExchange();
  const texts = catalogue[language];
  const lost = !teams.connected || !exchange.connected;

  const [unread, setUnread] = useState(0);
  const seen = useRef(view);
  useEffect(() => {
    seen.current = view;
    if (view === "teams") {
      setUnread(0);
    }
  }, [view]);
  const newest = toasts.list.at(-1)?.key;
  useEffect(() => {
    if (newest !== undefined && seen.current !== "teams") {
      setUnread((count) => count + 1);
    }
  }, [newest]);

  const seek = useCallback((toast: ToastEvent) => {
    setView("teams");
    setChosen(toast.user);
    setSought({ ...toast });
  }, []);

  return (
    <ModeContext value={mode}>
      <TextsContext value={texts}>
        <FluentProvider theme={themes[mode].teams}>
          <div className={css.page} data-mode={mode}>
            <Header mode={mode} onMode={setMode} language={language} onLanguage={setLanguage} />
            {lost && (
              <div className={css.lost} role="status">
                <Spinner size="extra-tiny" />
                {texts.reconnecting}
              </div>
            )}
            <ViewSwitch view={view} onView={setView} unread={unread} />
            <main className={css.main} data-view={view}>
              <div className={css.desk}>
                <FluentProvider className={css.deskTheme} theme={themes[mode].desk}>
                  <Desk exchange={exchange.state} />
                </FluentProvider>
              </div>
              <Chats
                teams={teams.state}
                exchange={exchange.state}
                chosen={chosen}
                onChoose={setChosen}
                sought={sought}
              />
            </main>
            <Toasts list={toasts.list} users={teams.state?.users ?? []} onOpen={seek} onDismiss={toasts.dismiss} />
          </div>
        </FluentProvider>
      </TextsContext>
    </ModeContext>
  );
}
