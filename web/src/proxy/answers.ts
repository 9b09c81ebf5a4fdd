const HEADERS: ReadonlySet<string> = new Set(["content-type", "retry-after"]);
const HEADER_VALUE_CHARACTERS_MAX = 500;
const HEADERS_MAX = 50;
/** Nesting beyond which a server may not read a body as JSON. */
const DEPTH_MAX = 200;

/** What came of one request. `body` is JSON text, ready to be spliced into a message. */
export interface Answer {
  readonly requestId: string;
  /** The HTTP status, or 0 where no HTTP answer was seen; `error` then is `code: sentence`. */
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly error?: string;
  readonly attempt?: number;
}

/** An HTTP answer, with the headers that steer a sync: what it is, and what is left of the quota. */
export function answered(
  requestId: string,
  status: number,
  received: Iterable<[string, string]>,
  body: Uint8Array,
  rateHeader: string,
): Answer {
  const kept = [...received]
    .map(([name, value]) => [name.toLowerCase(), value.slice(0, HEADER_VALUE_CHARACTERS_MAX)] as const)
    .filter(([name]) => HEADERS.has(name) || name.includes(rateHeader));
  return { requestId, status, headers: Object.fromEntries(kept.slice(0, HEADERS_MAX)), body: spliced(body) };
}

/** No HTTP answer; `error` is `code: sentence`. */
export function unanswered(requestId: string, error: string): Answer {
  return { requestId, status: 0, headers: {}, body: "null", error };
}

/** What is sent in the stead of an answer that fits in no frame. */
export function oversize(answer: Pick<Answer, "requestId" | "attempt">): Answer {
  const said = unanswered(
    answer.requestId,
    "oversize: The answer is larger than what the server takes in one message.",
  );
  return answer.attempt === undefined ? said : { ...said, attempt: answer.attempt };
}

/** The body as it stands in a message: JSON as it was received, so that numbers keep their digits; anything else as a string. */
export function spliced(body: Uint8Array): string {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
    JSON.parse(text);
    if (depthOf(text) <= DEPTH_MAX) return text;
  } catch {
    // No JSON, or no UTF-8.
  }
  return JSON.stringify(new TextDecoder("utf-8", { ignoreBOM: true }).decode(body));
}

/** The frame of one answer, never longer than the limit. The message is named after its request. */
export function answerFrame(answer: Answer, now: Date, frameBytesMax: number): string {
  const whole = frame(answer, now);
  return fits(whole, frameBytesMax) ? whole : frame(oversize(answer), now);
}

function frame({ requestId, status, headers, body, error, attempt }: Answer, now: Date): string {
  const data = JSON.stringify({ requestId, status, headers, error, attempt });
  const envelope = JSON.stringify({
    id: requestId,
    type: "discogs_api_response",
    channel: "sync",
    action: "request_complete",
    timestamp: now.toISOString(),
  });
  return `${envelope.slice(0, -1)},"data":${data.slice(0, -1)},"body":${body}}}`;
}

function fits(text: string, bytesMax: number): boolean {
  // No character takes more than three bytes for each of its UTF-16 units.
  return text.length * 3 <= bytesMax || new TextEncoder().encode(text).length <= bytesMax;
}

/** How deep brackets are nested in a text that is JSON. */
function depthOf(json: string): number {
  let [depth, deepest, isInText] = [0, 0, false];
  for (let at = 0; at < json.length; at += 1) {
    const sign = json[at];
    if (isInText) {
      if (sign === "\\") at += 1;
      else if (sign === '"') isInText = false;
    } else if (sign === '"') isInText = true;
    else if (sign === "{" || sign === "[") deepest = Math.max(deepest, ++depth);
    else if (sign === "}" || sign === "]") depth -= 1;
  }
  return deepest;
}
