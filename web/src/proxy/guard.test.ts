import { describe, expect, test } from "vitest";
import { AUTHORIZATION, PATHS, QUERY } from "../protocol/allow_list";
import type { ApiRequest } from "../protocol/messages";
import { HEADERS, IDENTITY_URL, Signer, TOKEN } from "../testing/signer";
import { AllowList } from "./allowed";
import { Guard } from "./guard";

const SIGNER = new Signer();
const ALLOWED = new AllowList(PATHS, QUERY);
const BASE = "https://api.discogs.com";

function code(request: ApiRequest, { monotonic = 1_000, baseUrl = BASE } = {}) {
  const guard = new Guard({ baseUrl, allowList: ALLOWED, authorization: AUTHORIZATION });
  return guard.refusal(request, SIGNER.signIn(0), monotonic)?.code;
}

test("a signed request on the list is let through", () => {
  expect(code(SIGNER.request())).toBeUndefined();
  expect(code(SIGNER.request({ headers: { Accept: "application/json" } }))).toBeUndefined();
});

test.each(["POST", "PUT", "DELETE", "PATCH", "HEAD", "get", ""])(
  "only GET is let through, however well it is signed: %s",
  (method) => expect(code(SIGNER.request({ method }))).toBe("refused_method"),
);

test.each([
  "http://api.discogs.com/oauth/identity",
  "https://api.discogs.com.evil.example/oauth/identity",
  "https://user@api.discogs.com/oauth/identity",
  "https://api.discogs.com:444/oauth/identity",
  "https://api.discogs.com/oauth/access_token",
  "https://api.discogs.com/users/a/../b/wants",
  "https://api.discogs.com/users/%2e%2e/wants",
  "https://api.discogs.com/users/./wants",
  "https://api.discogs.com/users/a%2fb/wants",
  "https://api.discogs.com/users/a%5Cb/wants",
  "https://api.discogs.com/users/a\\b/wants",
  "https://api.discogs.com/users/é/wants",
  "https://api.discogs.com/users/a b/wants",
  "https://api.discogs.com/releases/1x",
  `https://api.discogs.com/releases/${"1".repeat(19)}`,
  "https://api.discogs.com/users/me/wants?token=1",
  "https://api.discogs.com/users/me/wants?page=1&page=2",
  "https://api.discogs.com/users/me/wants?page",
  "https://api.discogs.com/users/me/wants?page=1&",
  "https://api.discogs.com/users/me/wants?page=%ff",
  "https://api.discogs.com/users/me/wants?page=1?sort=added",
  "https://api.discogs.com/users/me/wants#x",
  "https://api.discogs.com/users/me/wants\n",
  "https://api.discogs.com//oauth/identity",
  `https://api.discogs.com/users/${"a".repeat(2000)}/wants`,
  "file:///etc/passwd",
  "",
])("an address off the list is refused, however well it is signed: %s", (url) => {
  expect(code(SIGNER.request({ url }))).toBe("refused_url");
});

test.each([
  "https://api.discogs.com/users/a.b%20c/collection/folders/0/releases?per_page=100&page=2&sort=added&sort_order=asc",
  "https://api.discogs.com/users/me/wants?",
  "https://api.discogs.com/releases/249504",
])("an address on the list is let through: %s", (url) => {
  expect(code(SIGNER.request({ url }))).toBeUndefined();
});

test("the base URL is the page's own", () => {
  const baseUrl = "http://127.0.0.1:9000/discogs/";
  expect(
    code(SIGNER.request({ url: "http://127.0.0.1:9000/discogs/oauth/identity" }), { baseUrl }),
  ).toBeUndefined();
  expect(code(SIGNER.request(), { baseUrl })).toBe("refused_url");
  expect(code(SIGNER.request({ url: "javascript:/oauth/identity" }), { baseUrl: "javascript:" })).toBe(
    "refused_url",
  );
});

test.each<Record<string, string>>([
  { Cookie: "a=b" },
  { Host: "evil.example" },
  { Authorization: "Bearer something" },
  { Authorization: "Discogs token=" },
  { Authorization: "Discogs token=a b" },
  { Authorization: "Discogs key=a, secret=b" },
  { Authorization: "Discogs token=a\r\nX-Evil: 1" },
  { Authorization: "Discogs token=a", authorization: "Discogs token=b" },
  { Accept: "é" },
  { Accept: "a\0b" },
  { Accept: "a\nb" },
  { "User-Agent": "x".repeat(1001) },
])("other headers and other forms are refused: %o", (headers) => {
  expect(code(SIGNER.request({ headers }))).toBe("refused_header");
});

describe("the signature", () => {
  test("has to be of a trusted key", () => {
    expect(code(new Signer("key-2").request())).toBe("refused_signature");
    expect(code(new Signer("key-1").request())).toBe("refused_signature");
  });

  test("has to be for this connection and user", () => {
    expect(code(SIGNER.request({ connectionId: "connection-2" }))).toBe("refused_signature");
    expect(code(SIGNER.request({ userId: "user-2" }))).toBe("refused_signature");
  });

  test.each<Partial<ApiRequest>>([
    { requestId: "req-2" },
    { url: "https://api.discogs.com/releases/1" },
    { headers: { ...HEADERS, Accept: "text/html" } },
    { headers: { Authorization: HEADERS.Authorization } },
    { expiresAt: "2026-11-22T08:00:25.001Z" },
    { signature: "" },
  ])("vouches for every part: %o", (changed) => {
    expect(code({ ...SIGNER.request(), ...changed })).toBe("refused_signature");
  });
});

describe("expiry", () => {
  test("is judged by the server's time and our own monotonic one", () => {
    expect(code(SIGNER.request(), { monotonic: 25_000 })).toBeUndefined();
    expect(code(SIGNER.request(), { monotonic: 25_001 })).toBe("refused_expired");
  });

  test.each(["soon", "2026-11-22T08:00:20", "9".repeat(50), "2026-13-22T08:00:20Z"])(
    "that cannot be read is refused: %s",
    (expiresAt) => expect(code(SIGNER.request({ expiresAt }))).toBe("refused_expired"),
  );
});

test("no refusal repeats the token or the address", () => {
  const guard = new Guard({ baseUrl: BASE, allowList: ALLOWED, authorization: AUTHORIZATION });
  const refusals = [
    SIGNER.request({ method: "PUT" }),
    SIGNER.request({ url: `${IDENTITY_URL}/secret` }),
    SIGNER.request({ headers: { ...HEADERS, Cookie: TOKEN } }),
    SIGNER.request({ userId: "user-2" }),
    SIGNER.request({ expiresAt: "2020-01-01T00:00:00Z" }),
  ].map((request) => guard.refusal(request, SIGNER.signIn(), 0));

  expect(new Set(refusals.map((refusal) => refusal?.code)).size).toBe(5);
  expect(JSON.stringify(refusals)).not.toMatch(new RegExp(`${TOKEN}|discogs\\.com`));
});
