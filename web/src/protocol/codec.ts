import type {
  Ack,
  ApiRequest,
  ClientMessage,
  Completion,
  Failure,
  Fault,
  Progress,
  ServerMessage,
  Welcome,
} from "./messages";
import {
  anyOf,
  count,
  flag,
  list,
  number,
  oneOf,
  optional,
  requestId,
  type Shape,
  shape,
  text,
  texts,
} from "./shapes";

/** A frame that is no message. The sentence repeats no value that was sent. */
export class MalformedMessage extends Error {
  constructor(
    readonly code: "bad_json" | "unknown_type" | "bad_shape",
    sentence: string,
    readonly messageId?: string,
  ) {
    super(sentence);
    this.name = "MalformedMessage";
  }
}

const notice = shape<{ code: string; message: string }>({ code: text, message: text });
const summary = shape<Completion["summary"]>({
  added: optional(count),
  updated: optional(count),
  removed: optional(count),
  unchanged: optional(count),
  requests: optional(count),
  seconds: optional(number),
  verified: optional(flag),
  heldRemovals: optional(count),
  warnings: optional(list(notice)),
});
const endorsement = shape<{ keyId: string; signature: string }>({ keyId: text, signature: text });
const signingKey = shape<Welcome["signingKeys"][number]>({
  keyId: text,
  publicKey: text,
  endorsements: optional(list(endorsement)),
});
const syncType = oneOf("collection", "wantlist");

/** What the `data` of each message of a server looks like. */
const DATA: { readonly [Type in ServerMessage["type"]]: Shape } = {
  authenticated: shape<Welcome>({
    connectionId: text,
    userId: text,
    serverTime: text,
    frameBytesMax: count,
    protocolVersion: count,
    signingKeys: list(signingKey),
    watchOnly: optional(text),
  }),
  discogs_api_request: shape<ApiRequest>({
    requestId,
    url: text,
    method: text,
    headers: texts,
    attempt: count,
    expiresAt: text,
    signature: text,
    keyId: text,
  }),
  response_ack: shape<Ack>({ requestId, outcome: oneOf("accepted", "duplicate", "unknown") }),
  sync_progress: shape<Progress>({
    sessionId: text,
    syncType,
    status: text,
    revision: count,
    totalRequests: count,
    completedRequests: count,
    failedRequests: count,
    percentComplete: number,
    itemsDone: count,
    itemsTotal: optional(count),
    estimatedTimeLeft: optional(text),
    estimatedSecondsLeft: optional(number),
    currentAction: optional(text),
    reason: optional(text),
    resumeAt: optional(text),
  }),
  sync_complete: shape<Completion>({
    sessionId: text,
    syncType,
    status: oneOf("completed"),
    revision: count,
    summary,
  }),
  sync_error: shape<Failure>({
    sessionId: text,
    syncType,
    status: oneOf("failed"),
    revision: count,
    code: text,
    message: text,
    retryable: flag,
    summary,
  }),
  error: shape<Fault>({ code: text, message: text, messageId: optional(text) }),
  ping: optional(anyOf),
  pong: optional(anyOf),
};

/** Read what the server sent. Throws `MalformedMessage`; types that are not known here are to be skipped. */
export function decodeServerMessage(frame: unknown): ServerMessage {
  const said = parsed(frame);
  if (typeof said !== "object" || said === null || Array.isArray(said)) {
    throw new MalformedMessage("bad_shape", "A message is a JSON object with id, type and data.");
  }
  const { id, type, data } = said as { id?: unknown; type?: unknown; data?: unknown };
  const messageId = typeof id === "string" && id.length <= 200 ? id : undefined;
  if (typeof type !== "string" || !Object.hasOwn(DATA, type)) {
    throw new MalformedMessage("unknown_type", "No message of this type is known here.", messageId);
  }
  const fault = messageId === undefined ? ".id" : DATA[type as ServerMessage["type"]](data, ".data");
  if (fault !== undefined) {
    throw new MalformedMessage("bad_shape", `The message has the wrong shape at ${fault}.`, messageId);
  }
  return said as ServerMessage;
}

/** Write a message that holds no answer; answers are spliced together (`proxy/answers.ts`). */
export function encode(message: Exclude<ClientMessage, { type: "discogs_api_response" }>): string {
  return JSON.stringify(message);
}

function parsed(frame: unknown): unknown {
  try {
    if (typeof frame === "string") return JSON.parse(frame);
  } catch {
    // Said below, as for a frame that is no text.
  }
  throw new MalformedMessage("bad_json", "The frame is not valid JSON.");
}
