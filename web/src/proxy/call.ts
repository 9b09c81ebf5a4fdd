import type { ApiRequest } from "../protocol/messages";
import { type Answer, answered, oversize, unanswered } from "./answers";

/** The bounds of a call. */
export interface CallRules {
  /** For the whole call, body included. */
  readonly callMs: number;
  readonly bodyBytesMax: number;
  /** Headers whose names hold this tell of the quota. */
  readonly rateHeader: string;
}

/** Makes one call, and always has an answer to it. Only an abort by `stopping` throws. */
export type Call = (request: ApiRequest, stopping: AbortSignal) => Promise<Answer>;

/** Calls by `fetch`: no redirects, no cookies, no cache, and nothing that tells where the page is. */
export function httpCall(rules: CallRules): Call {
  return async (request, stopping) => {
    const tooLate = AbortSignal.timeout(rules.callMs);
    try {
      return await make(request, rules, AbortSignal.any([stopping, tooLate]));
    } catch (fault) {
      stopping.throwIfAborted();
      return unanswered(request.requestId, tooLate.aborted ? timeout(rules) : network(fault));
    }
  };
}

async function make(request: ApiRequest, rules: CallRules, signal: AbortSignal): Promise<Answer> {
  const response = await fetch(request.url, {
    method: request.method,
    headers: headersOf(request),
    // Not followed either way. `error` would look like a broken network, which makes the whole pace rest; this can be told.
    redirect: "manual",
    credentials: "omit",
    cache: "no-store",
    referrerPolicy: "no-referrer",
    signal,
  });
  if (response.type === "opaqueredirect" || (response.status >= 300 && response.status < 400)) {
    await response.body?.cancel();
    const sentence = "The answer was a redirect, and redirects are not followed.";
    return unanswered(request.requestId, `refused_redirect: ${sentence}`);
  }
  const body = await boundedBody(response, rules.bodyBytesMax);
  if (body === undefined) return oversize(request);
  return answered(request.requestId, response.status, response.headers, body, rules.rateHeader);
}

/** Browsers name themselves: most drop a User-Agent of ours, and asking for one may cost a preflight that is refused. */
function headersOf(request: ApiRequest): [string, string][] {
  return Object.entries(request.headers).filter(([name]) => name.toLowerCase() !== "user-agent");
}

/** The body, unpacked; nothing where it is larger than the limit, at which reading stops. */
async function boundedBody(response: Response, bytesMax: number): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  for (;;) {
    const chunk = await reader?.read();
    if (chunk === undefined || chunk.done) return joined(chunks, size);
    chunks.push(chunk.value);
    size += chunk.value.length;
    if (size > bytesMax) {
      await reader?.cancel();
      return undefined;
    }
  }
}

function joined(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function timeout(rules: CallRules): string {
  return `timeout: The call was not finished after ${rules.callMs / 1000} seconds.`;
}

/** No text of the fault's own is shown: it could hold an address or a header's value. */
function network(fault: unknown): string {
  const name = fault instanceof Error ? fault.name : "unknown";
  return `network: The call failed before its answer was complete (${name}).`;
}
