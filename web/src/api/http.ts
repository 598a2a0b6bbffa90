/** An answer that is not 2xx, or none at all (`status` 0: the simulators could not be reached). */
export class RequestError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** Ask the simulators for something; the error's message is theirs when they gave one. */
export async function request<T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: unknown): Promise<T> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
  } catch {
    throw new RequestError(0, "");
  }
  const answer = await readJson(response);
  if (!response.ok) {
    const said = isRecord(answer) && typeof answer.error === "string" ? answer.error : "";
    throw new RequestError(response.status, said);
  }
  return answer as T;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    return null;
  }
}
