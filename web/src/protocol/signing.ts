import { hashes, verify as verifyBytes } from "@noble/ed25519";
import { sha512 } from "@noble/hashes/sha2.js";

// `crypto.subtle` is missing where the page came by plain http, so the library is given a hash of its own.
hashes.sha512 = sha512;

const REQUEST_CONTEXT = "cratesync-1";
const ENDORSEMENT_CONTEXT = "cratesync-key-1";
const UNSIGNED_HEADER = "authorization";
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The parts of a request that a signature vouches for. */
export interface Signed {
  readonly connectionId: string;
  readonly requestId: string;
  readonly userId: string;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly expiresAt: string;
}

/**
 * The bytes of a request that are signed: one line a part, Authorization left out, names in lower case. Nothing where a part
 * holds a line break, or a header's name a colon, or two names differ in case alone: two requests could then sign alike.
 */
export function requestBytes(signed: Signed): Uint8Array | undefined {
  const headers = new Map<string, string>();
  for (const [name, value] of Object.entries(signed.headers)) {
    const lower = name.toLowerCase();
    if (lower.includes(":") || headers.has(lower)) return undefined;
    headers.set(lower, value);
  }
  headers.delete(UNSIGNED_HEADER);
  const names = [...headers.keys()].sort(byCodePoint);
  const lines = [
    REQUEST_CONTEXT,
    signed.connectionId,
    signed.requestId,
    signed.userId,
    signed.method,
    signed.url,
    ...names.map((name) => `${name}:${headers.get(name)}`),
    signed.expiresAt,
  ];
  return lines.some((line) => /[\r\n]/.test(line)) ? undefined : new TextEncoder().encode(lines.join("\n"));
}

/** The bytes by which one key vouches for another. */
export function endorsementBytes(keyId: string, publicKey: string): Uint8Array {
  return new TextEncoder().encode([ENDORSEMENT_CONTEXT, keyId, publicKey].join("\n"));
}

/** Whether the base64 signature is this base64 key's own. Anything malformed is simply not valid. */
export function verify(publicKey: string, signature: string, message: Uint8Array): boolean {
  const key = bytesOf(publicKey);
  const made = bytesOf(signature);
  if (key?.length !== 32 || made?.length !== 64) return false;
  try {
    return verifyBytes(made, message, key, { zip215: false });
  } catch {
    return false;
  }
}

function bytesOf(base64: string): Uint8Array | undefined {
  return BASE64.test(base64) ? Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0)) : undefined;
}

function byCodePoint(one: string, other: string): number {
  return one < other ? -1 : 1;
}
