/** How long to wait before the next try, in milliseconds, by how many tries have failed. */
const WAITS = [500, 1_000, 2_000, 4_000];
/** A page nobody looks at gives its connection back after this long: browsers allow only six per server. */
const HIDDEN_FOR = 60_000;

export interface Stream {
  close(): void;
}

/**
 * Follow a stream of server-sent events, for as long as the page lives.
 *
 * The simulators begin every stream with a `state` event that holds everything, so a new connection needs nothing else
 * to be right again. The browser's own reconnecting is not used: it gives up for good when a proxy answers 502.
 */
export function follow(
  path: string,
  handlers: Record<string, (data: unknown) => void>,
  onConnected: (connected: boolean) => void,
): Stream {
  let source: EventSource | null = null;
  let failures = 0;
  let retry: number | undefined;
  let hiding: number | undefined;

  function open(): void {
    window.clearTimeout(retry);
    source?.close();
    source = new EventSource(path);
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event: MessageEvent<string>) => {
        failures = 0;
        onConnected(true);
        handle(JSON.parse(event.data));
      });
    }
    source.onerror = () => {
      source?.close();
      source = null;
      onConnected(false);
      retry = window.setTimeout(open, WAITS[Math.min(failures, WAITS.length - 1)]);
      failures += 1;
    };
  }

  function onVisibility(): void {
    window.clearTimeout(hiding);
    if (document.hidden) {
      hiding = window.setTimeout(() => {
        window.clearTimeout(retry);
        source?.close();
        source = null;
      }, HIDDEN_FOR);
    } else if (source === null) {
      open();
    }
  }

  document.addEventListener("visibilitychange", onVisibility);
  open();
  return {
    close() {
      document.removeEventListener("visibilitychange", onVisibility);
      window.clearTimeout(retry);
      window.clearTimeout(hiding);
      source?.close();
      source = null;
    },
  };
}
