import { useEffect, useState } from "react";
import type { Language } from "../texts";

const STORED = "smartcall.language";

/** The page's language: Norwegian until somebody chooses otherwise here. */
export function useLanguage(): [Language, (language: Language) => void] {
  const [language, setLanguage] = useState<Language>(() => (localStorage.getItem(STORED) === "en" ? "en" : "nb"));

  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);

  function choose(next: Language): void {
    localStorage.setItem(STORED, next);
    setLanguage(next);
  }

  return [language, choose];
}
