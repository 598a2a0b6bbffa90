import { type ReactNode, useRef } from "react";
import { useKeptFocus } from "../shell/useKeptFocus";
import css from "./Extras.module.css";

/**
 * What opens above a button. When what has the keyboard in it goes away (a notice that is closed, a button that is
 * needed no more), the sheet takes the keyboard: elsewhere Escape would not close it.
 */
export function Sheet({ title, children }: { title: string; children: ReactNode }) {
  const place = useRef<HTMLDivElement>(null);
  useKeptFocus(place);
  return (
    <div className={css.sheet} ref={place} tabIndex={-1}>
      <h2>{title}</h2>
      {children}
    </div>
  );
}
