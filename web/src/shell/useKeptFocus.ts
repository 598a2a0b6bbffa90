import { type RefObject, useEffect, useLayoutEffect, useRef } from "react";

/**
 * Keep the keyboard where it was when the focused element goes away (an Answer button of a call that is now answered):
 * the place it was in, which needs `tabIndex={-1}`, takes the focus, so that Tab goes on from there.
 */
export function useKeptFocus<T extends HTMLElement>(place: RefObject<T | null>): void {
  const last = useRef<Element | null>(null);

  useEffect(() => {
    const element = place.current;
    const remember = (event: FocusEvent) => {
      last.current = event.target as Element;
    };
    element?.addEventListener("focusin", remember);
    return () => element?.removeEventListener("focusin", remember);
  }, [place]);

  useLayoutEffect(() => {
    if (last.current !== null && !last.current.isConnected) {
      last.current = null;
      if (document.activeElement === document.body) {
        place.current?.focus({ preventScroll: true });
      }
    }
  });
}
