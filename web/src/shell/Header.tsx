import { Button, Menu, MenuItemRadio, MenuList, MenuPopover, MenuTrigger } from "@fluentui/react-components";
import { CircleHalfFillRegular, WeatherMoonRegular, WeatherSunnyRegular } from "@fluentui/react-icons";
import type { ReactElement } from "react";
import { type Language, useTexts } from "../texts";
import { MODES, type Mode } from "../theme";
import css from "./Header.module.css";

interface Props {
  mode: Mode;
  onMode(mode: Mode): void;
  language: Language;
  onLanguage(language: Language): void;
}

const LANGUAGES: { value: Language; short: string; name: string }[] = [
  { value: "nb", short: "NO", name: "Norsk" },
  { value: "en", short: "EN", name: "English" },
];

const ICONS: Record<Mode, ReactElement> = {
  light: <WeatherSunnyRegular />,
  dark: <WeatherMoonRegular />,
  contrast: <CircleHalfFillRegular />,
};

export function Header({ mode, onMode, language, onLanguage }: Props) {
  const texts = useTexts();
  return (
    <header className={css.header}>
      <img className={css.logo} src="./icon.svg" alt="" width={28} height={28} />
      <h1 className={css.name}>{texts.app}</h1>
      <span className={css.demo}>{texts.demo}</span>
      <fieldset className={css.languages} aria-label={texts.languageLabel}>
        {LANGUAGES.map(({ value, short, name }) => (
          <label key={value} className={css.language} title={name}>
            <input
              type="radio"
              name="language"
              value={value}
              checked={value === language}
              onChange={() => onLanguage(value)}
              aria-label={name}
            />
            <span aria-hidden="true">{short}</span>
          </label>
        ))}
      </fieldset>
      <Menu
        checkedValues={{ mode: [mode] }}
        onCheckedValueChange={(_, { checkedItems }) => onMode((checkedItems[0] ?? mode) as Mode)}
      >
        <MenuTrigger disableButtonEnhancement>
          <Button appearance="subtle" icon={ICONS[mode]} aria-label={texts.appearance} title={texts.appearance} />
        </MenuTrigger>
        <MenuPopover>
          <MenuList>
            {MODES.map((each) => (
              <MenuItemRadio key={each} name="mode" value={each} icon={ICONS[each]}>
                {texts.appearances[each]}
              </MenuItemRadio>
            ))}
          </MenuList>
        </MenuPopover>
      </Menu>
    </header>
  );
}
