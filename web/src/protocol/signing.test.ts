import { describe, expect, test } from "vitest";
import { read } from "../testing/examples";
import { endorsementBytes, requestBytes, type Signed, verify } from "./signing";

interface Vectors {
  readonly keys: readonly { readonly keyId: string; readonly publicKey: string }[];
  readonly requests: readonly (Signed & {
    readonly about: string;
    readonly bytes: string;
    readonly signature: string;
  })[];
  readonly refused: readonly (Partial<Signed> & { readonly about: string })[];
  readonly endorsement: {
    readonly keyId: string;
    readonly publicKey: string;
    readonly bytes: string;
    readonly signature: string;
  };
}

const vectors: Vectors = JSON.parse(read("signing.json"));
const [first, second] = vectors.keys.map(({ publicKey }) => publicKey);
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

test.each(vectors.requests)("the bytes and the signature are those of Python: $about", (request) => {
  const bytes = requestBytes(request);
  expect(text(bytes)).toBe(request.bytes);
  expect(verify(first ?? "", request.signature, bytes ?? new Uint8Array())).toBe(true);
});

test.each(vectors.refused)("nobody signs it: $about", (part) => {
  const [request] = vectors.requests;
  expect(request && requestBytes({ ...request, ...part })).toBeUndefined();
});

test("one key vouches for another", () => {
  const { keyId, publicKey, bytes, signature } = vectors.endorsement;
  expect(text(endorsementBytes(keyId, publicKey))).toBe(bytes);
  expect(verify(first ?? "", signature, endorsementBytes(keyId, publicKey))).toBe(true);
});

describe("a signature is not good", () => {
  const [request] = vectors.requests;
  const bytes = (request && requestBytes(request)) ?? new Uint8Array();
  const signature = request?.signature ?? "";

  test.each([
    ["of another key", second ?? "", signature],
    ["of other bytes", first ?? "", vectors.endorsement.signature],
    ["with a blank in it", first ?? "", ` ${signature}`],
    ["without its padding", first ?? "", signature.replace(/=+$/, "")],
    ["that is empty", first ?? "", ""],
    ["that is no base64", first ?? "", "?".repeat(88)],
    ["that is too long", first ?? "", signature.replace(/==$/, "AA")],
    ["of an empty key", "", signature],
    ["of a key of zeros", `${"A".repeat(43)}=`, signature],
    ["of a key that is no point", `${"/".repeat(42)}8=`, signature],
  ])("%s", (_about, key, made) => expect(verify(key, made, bytes)).toBe(false));
});
