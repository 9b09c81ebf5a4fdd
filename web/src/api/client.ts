import { texts } from "../texts/en";

/** What went wrong, by a stable code, in a sentence for a person. Status 0: the server was not reached. */
export class ApiFault extends Error {
  constructor(
    readonly code: string,
    readonly status: number,
    sentence: string,
    readonly more: Readonly<Record<string, unknown>> = {},
  ) {
    super(sentence);
    this.name = "ApiFault";
  }
}

/** Who is calling: gives a token that is good for now, or none. */
export interface Caller {
  token(): Promise<string | undefined>;
}

export interface CallOptions {
  readonly method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

/** An address of this server, wherever a proxy has put it: below the page's own folder. */
export function address(path: string): string {
  return new URL(path.replace(/^\//, ""), new URL("./", document.baseURI)).href;
}

/** One call of the REST API. Throws `ApiFault`, or the signal's reason where it was aborted. */
export async function call<Answer>(path: string, options: CallOptions = {}, token?: string): Promise<Answer> {
  const response = await send(path, options, token);
  if (response.status === 204) return undefined as Answer;
  const answer = await readJson(response);
  if (response.ok) return answer as Answer;
  throw faultOf(response.status, answer);
}

/** A file, and the name that the server gave it. */
export interface Download {
  readonly file: Blob;
  readonly name: string;
}

/** One call whose answer is a file. Throws as `call` does. */
export async function download(path: string, signal: AbortSignal, token?: string): Promise<Download> {
  const response = await send(path, { signal }, token);
  if (!response.ok) throw faultOf(response.status, await readJson(response));
  const name = /filename="([^"/\\]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1];
  try {
    return { file: await response.blob(), name: name ?? "export" };
  } catch (error) {
    signal.throwIfAborted();
    throw new ApiFault("unreachable", 0, texts.faults.unreachable, { cause: String(error) });
  }
}

async function send(path: string, options: CallOptions, token: string | undefined): Promise<Response> {
  const headers = new Headers({ Accept: "application/json" });
  if (token !== undefined) headers.set("Authorization", `Bearer ${token}`);
  if (options.body !== undefined) headers.set("Content-Type", "application/json");
  try {
    return await fetch(address(path), {
      method: options.method ?? "GET",
      headers,
      body: options.body === undefined ? null : JSON.stringify(options.body),
      credentials: path.startsWith("/api/auth/") ? "same-origin" : "omit",
      signal: options.signal ?? null,
    });
  } catch (error) {
    options.signal?.throwIfAborted();
    throw new ApiFault("unreachable", 0, texts.faults.unreachable, { cause: String(error) });
  }
}

async function readJson(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    throw new ApiFault("unreadable", response.status, texts.faults.unreadable);
  }
}

function faultOf(status: number, answer: unknown): ApiFault {
  if (typeof answer === "object" && answer !== null && "code" in answer && "message" in answer) {
    const { code, message, ...more } = answer;
    return new ApiFault(String(code), status, String(message), more);
  }
  return new ApiFault("unreadable", status, texts.faults.unreadable);
}
