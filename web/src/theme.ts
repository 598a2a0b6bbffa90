import {
  type BrandVariants,
  createDarkTheme,
  type Theme,
  teamsDarkTheme,
  teamsHighContrastTheme,
  teamsLightTheme,
} from "@fluentui/react-components";
import { createContext, useContext, useEffect, useState } from "react";

/** As in Teams: its third appearance is high contrast. */
export const MODES = ["light", "dark", "contrast"] as const;
export type Mode = (typeof MODES)[number];

const FONT = "'Segoe UI', 'Segoe UI Web (West European)', 'Open Sans', -apple-system, BlinkMacSystemFont, sans-serif";

/** The telephone exchange is a desk of its own beside Teams: deep green, with a ringing green as its brand. */
const green: BrandVariants = {
  10: "#04130e",
  20: "#082119",
  30: "#0b3527",
  40: "#0d4531",
  50: "#0e563d",
  60: "#0f6848",
  70: "#117a54",
  80: "#128c60",
  90: "#2c9d71",
  100: "#48ae83",
  110: "#63be95",
  120: "#7ecda8",
  130: "#98dbbb",
  140: "#b3e8ce",
  150: "#cdf3e1",
  160: "#e8fdf4",
};

const desk: Theme = {
  ...createDarkTheme(green),
  fontFamilyBase: FONT,
  colorNeutralBackground1: "#12302a",
  colorNeutralBackground1Hover: "#1a3d36",
  colorNeutralBackground1Pressed: "#0f2923",
  colorNeutralBackground2: "#0e2722",
  colorNeutralBackground3: "#0a1f1b",
  colorNeutralForeground1: "#f3f8f5",
  colorNeutralForeground2: "#d5e3dc",
  colorNeutralForeground3: "#a9c2b8",
  colorNeutralStroke1: "#3a5f55",
  colorNeutralStroke2: "#264a41",
  colorNeutralStrokeAccessible: "#8fb0a4",
  colorSubtleBackgroundHover: "#1d433b",
  colorSubtleBackgroundPressed: "#163630",
};

export const themes: Record<Mode, { teams: Theme; desk: Theme }> = {
  light: { teams: { ...teamsLightTheme, fontFamilyBase: FONT }, desk },
  dark: {
    teams: { ...teamsDarkTheme, fontFamilyBase: FONT },
    desk: {
      ...desk,
      colorNeutralBackground2: "#0a1b18",
      colorNeutralBackground1: "#10261f",
      colorNeutralBackground3: "#071411",
    },
  },
  contrast: {
    teams: { ...teamsHighContrastTheme, fontFamilyBase: FONT },
    desk: { ...teamsHighContrastTheme, fontFamilyBase: FONT },
  },
};

export const ModeContext = createContext<Mode>("light");

export function useMode(): Mode {
  return useContext(ModeContext);
}

const STORED = "smartcall.appearance";
const DARK = "(prefers-color-scheme: dark)";
const CONTRAST = "(forced-colors: active), (prefers-contrast: more)";

/** What the person chose here last, else what the machine prefers (and follows when it changes). */
export function useChosenMode(): [Mode, (mode: Mode) => void] {
  const [chosen, setChosen] = useState<Mode | null>(() => {
    const stored = localStorage.getItem(STORED);
    return MODES.find((mode) => mode === stored) ?? null;
  });
  const [preferred, setPreferred] = useState<Mode>(preference);

  useEffect(() => {
    const onChange = () => setPreferred(preference());
    const queries = [DARK, CONTRAST].map((query) => window.matchMedia(query));
    for (const query of queries) {
      query.addEventListener("change", onChange);
    }
    return () => {
      for (const query of queries) {
        query.removeEventListener("change", onChange);
      }
    };
  }, []);

  function choose(mode: Mode): void {
    localStorage.setItem(STORED, mode);
    setChosen(mode);
  }

  return [chosen ?? preferred, choose];
}

function preference(): Mode {
  if (window.matchMedia(CONTRAST).matches) {
    return "contrast";
  }
  return window.matchMedia(DARK).matches ? "dark" : "light";
}
