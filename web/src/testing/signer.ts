import { getPublicKey, sign, utils } from "@noble/ed25519";
import type { ApiRequest, SigningKey } from "../protocol/messages";
import { endorsementBytes, requestBytes } from "../protocol/signing";
import type { SignIn } from "../proxy/sign_in";

export const NOW = Date.parse("2026-11-22T08:00:00Z");
export const TOKEN = "canary-discogs-token-1234567890";
export const IDENTITY_URL = "https://api.discogs.com/oauth/identity";
export const HEADERS = {
  Authorization: `Discogs token=${TOKEN}`,
  "User-Agent": "Cratesync/1",
  Accept: "application/json",
};

export function base64(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

interface Asked extends Partial<Omit<ApiRequest, "signature">> {
  readonly connectionId?: string;
  readonly userId?: string;
}

/** One signing key of a server: a server's side of the signatures, for tests. */
export class Signer {
  readonly #secret = utils.randomSecretKey();
  readonly publicKey = base64(getPublicKey(this.#secret));

  constructor(readonly keyId = "key-1") {}

  offer(...endorsers: readonly Signer[]): SigningKey {
    const vouched = endorsementBytes(this.keyId, this.publicKey);
    const endorsements = endorsers.map((other) => ({ keyId: other.keyId, signature: other.sign(vouched) }));
    return { keyId: this.keyId, publicKey: this.publicKey, endorsements };
  }

  sign(message: Uint8Array): string {
    return base64(sign(message, this.#secret));
  }

  request({ connectionId = "connection-1", userId = "user-1", ...asked }: Asked = {}): ApiRequest {
    const request = {
      requestId: "req-1",
      url: IDENTITY_URL,
      method: "GET",
      headers: HEADERS,
      attempt: 1,
      expiresAt: new Date(NOW + 25_000).toISOString(),
      keyId: this.keyId,
      ...asked,
    };
    const signed = requestBytes({ ...request, connectionId, userId });
    return { ...request, signature: signed === undefined ? "" : this.sign(signed) };
  }

  signIn(heardAt = 0): SignIn {
    return {
      connectionId: "connection-1",
      userId: "user-1",
      keys: new Map([[this.keyId, this.publicKey]]),
      serverTime: NOW,
      heardAt,
      frameBytesMax: 1_000_000,
    };
  }
}
