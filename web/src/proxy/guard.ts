import type { ApiRequest } from "../protocol/messages";
import { requestBytes, verify } from "../protocol/signing";
import type { AllowList } from "./allowed";
import { instantOf } from "./clock";
import type { SignIn } from "./sign_in";

const HEADERS: ReadonlySet<string> = new Set(["authorization", "user-agent", "accept"]);
const HEADER_CHARACTERS_MAX = 1000;
const PRINTABLE = /^[ -~]*$/;

export type RefusalCode =
  | "refused_method"
  | "refused_url"
  | "refused_header"
  | "refused_signature"
  | "refused_expired";

/** Why a request is not made, in a sentence that never repeats what the request held. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly sentence: string;
}

/** What this client lets through: all of it its own, never taken from a message. */
export interface GuardRules {
  readonly baseUrl: string;
  readonly allowList: AllowList;
  readonly authorization: RegExp;
}

/**
 * Whether a request may be made at all. A server that asks for anything else than a signed, fresh GET on the list is refused,
 * whoever it is.
 */
export class Guard {
  constructor(private readonly rules: GuardRules) {}

  /** Why this request is not made at this monotonic time, or nothing. */
  refusal(request: ApiRequest, signIn: SignIn, monotonic: number): Refusal | undefined {
    if (request.method !== "GET") return refused("refused_method", "This client makes GET calls only.");
    if (!this.rules.allowList.permits(this.rules.baseUrl, request.method, request.url)) {
      return refused(
        "refused_url",
        "The address is not on this client's list, or not below its own base URL.",
      );
    }
    return (
      this.#headerRefusal(request.headers) ??
      signatureRefusal(request, signIn) ??
      expiryRefusal(request, signIn, monotonic)
    );
  }

  #headerRefusal(headers: ApiRequest["headers"]): Refusal | undefined {
    const names = Object.keys(headers).map((name) => name.toLowerCase());
    if (!names.every((name) => HEADERS.has(name)) || new Set(names).size !== names.length) {
      return refused("refused_header", "Only Authorization, User-Agent and Accept may come, each once.");
    }
    for (const [name, value] of Object.entries(headers)) {
      if (value.length > HEADER_CHARACTERS_MAX || !PRINTABLE.test(value)) {
        return refused("refused_header", "A header holds a character that none may hold, or too many.");
      }
      if (name.toLowerCase() === "authorization" && !this.rules.authorization.test(value)) {
        return refused("refused_header", "Authorization is not of the form that tokens take there.");
      }
    }
    return undefined;
  }
}

function signatureRefusal(request: ApiRequest, signIn: SignIn): Refusal | undefined {
  const publicKey = signIn.keys.get(request.keyId);
  if (publicKey === undefined) {
    return refused("refused_signature", "The request is signed with a key that this client does not trust.");
  }
  const signed = requestBytes({ ...request, connectionId: signIn.connectionId, userId: signIn.userId });
  if (signed === undefined) {
    return refused("refused_signature", "The request has a part that cannot be signed without doubt.");
  }
  if (!verify(publicKey, request.signature, signed)) {
    return refused("refused_signature", "The signature is not that of this request on this connection.");
  }
  return undefined;
}

function expiryRefusal(request: ApiRequest, signIn: SignIn, monotonic: number): Refusal | undefined {
  const expiresAt = instantOf(request.expiresAt);
  if (expiresAt === undefined) {
    return refused("refused_expired", "The request does not say readably until when it may be made.");
  }
  // Two differences of one clock each: the wall clock of this machine has no say.
  if (signIn.serverTime + (monotonic - signIn.heardAt) > expiresAt) {
    return refused(
      "refused_expired",
      "The request came to its turn after the time until which it may be made.",
    );
  }
  return undefined;
}

function refused(code: RefusalCode, sentence: string): Refusal {
  return { code, sentence };
}
