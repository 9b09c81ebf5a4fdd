import type { SigningKey } from "../protocol/messages";
import { endorsementBytes, verify } from "../protocol/signing";
import type { Keys } from "./sign_in";

export const KEYS_MAX = 20;

/** The server's keys are not those that were pinned, and none of those vouches for them. */
export class UntrustedKey extends Error {
  override readonly name = "UntrustedKey";
}

/**
 * The keys to pin from now on: all that are offered. Throws `UntrustedKey`.
 *
 * With nothing pinned the offer is believed. Else each offered key must be pinned, or endorsed by one that is (also by way of
 * another offered key). A pinned key that is no longer offered is forgotten: whoever steals a retired key can do nothing
 * with it here.
 */
export function trustedKeys(pinned: Keys, offered: readonly SigningKey[]): Keys {
  if (offered.length === 0 || offered.length > KEYS_MAX) {
    throw new UntrustedKey(
      `The server offered ${offered.length} signing keys; a client needs 1 to ${KEYS_MAX}.`,
    );
  }
  const keys = new Map(offered.map((key) => [key.keyId, key.publicKey]));
  if (keys.size !== offered.length) {
    throw new UntrustedKey("The server offered two signing keys under one name.");
  }
  if (pinned.size === 0) return keys;

  const trusted = new Map(pinned);
  let waiting = offered.filter((key) => trusted.get(key.keyId) !== key.publicKey);
  for (;;) {
    const welcome = waiting.filter((key) => !trusted.has(key.keyId) && isEndorsed(key, trusted));
    if (welcome.length === 0) break;
    for (const key of welcome) trusted.set(key.keyId, key.publicKey);
    waiting = waiting.filter((key) => !welcome.includes(key));
  }
  if (waiting.length > 0) {
    throw new UntrustedKey(
      "The server's signing key is another one than before, and none of the keys known here vouches for it.",
    );
  }
  return keys;
}

function isEndorsed(key: SigningKey, trusted: Keys): boolean {
  const vouched = endorsementBytes(key.keyId, key.publicKey);
  return (key.endorsements ?? []).some((endorsement) => {
    const voucher = trusted.get(endorsement.keyId);
    return voucher !== undefined && verify(voucher, endorsement.signature, vouched);
  });
}
