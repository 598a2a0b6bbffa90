import { useCallback, useState } from "react";
import type { ToastEvent } from "../api/teams";

export interface ShownToast extends ToastEvent {
  /** Its order of arrival: tells apart two banners for one message. */
  key: number;
}

/** As in Teams, a few at a time: an older one makes room. */
const AT_ONCE = 3;
let arrived = 0;

export interface ToastList {
  list: ShownToast[];
  add(toast: ToastEvent): void;
  dismiss(key: number): void;
}

export function useToasts(): ToastList {
  const [list, setList] = useState<ShownToast[]>([]);
  const add = useCallback((toast: ToastEvent) => {
    arrived += 1;
    const shown = { ...toast, key: arrived };
    setList((before) => [...before, shown].slice(-AT_ONCE));
  }, []);
  const dismiss = useCallback((key: number) => setList((before) => before.filter((toast) => toast.key !== key)), []);
  return { list, add, dismiss };
}
