import { Button, Tooltip } from "@fluentui/react-components";
import { WeatherMoonRegular, WeatherSunnyRegular } from "@fluentui/react-icons";
import { type Language, useTexts } from "../texts";
import type { Mode } from "../theme";
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

export function Header({ mode, onMode, language, onLanguage }: Props) {
  const texts = useTexts();
  const other = mode === "light" ? "dark" : "light";
  const modeLabel = other === "dark" ? texts.toDark : texts.toLight;
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
      <Tooltip content={modeLabel} relationship="label">
        <Button
          appearance="subtle"
          icon={mode === "light" ? <WeatherMoonRegular /> : <WeatherSunnyRegular />}
          onClick={() => onMode(other)}
        />
      </Tooltip>
    </header>
  );
}
