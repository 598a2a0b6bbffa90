import { createContext, useContext } from "react";
import { en } from "./en";
import { nb, type Texts } from "./nb";

export type Language = "nb" | "en";
export type { Texts };

export const catalogue: Record<Language, Texts> = { nb, en };

export const TextsContext = createContext<Texts>(nb);

export function useTexts(): Texts {
  return useContext(TextsContext);
}
