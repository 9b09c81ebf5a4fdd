import { expect, test } from "vitest";
import { answered, answerFrame, spliced, unanswered } from "./answers";

const bytes = (text: string) => new TextEncoder().encode(text);
const framed = (body: Uint8Array, frameBytesMax = 1_000_000) =>
  answerFrame(answered("req-1", 200, [], body, "ratelimit"), new Date(0), frameBytesMax);

test.each([
  '{"a": 1.50, "b":"\\u00e9", "big": 123456789012345678901234567890}',
  "[]",
  "null",
  '"é"',
  '"]]]["',
])("JSON is spliced in as it was received: %s", (body) => {
  expect(spliced(bytes(body))).toBe(body);
  expect(framed(bytes(body))).toContain(body);
});

test.each(["", "\n", "<html>no</html>", '{"a": 1', '{"a": 1} trailing', "NaN", "\0\x1b", "\ufeff{}"])(
  "anything else travels as a string: %j",
  (body) => expect(JSON.parse(spliced(bytes(body)))).toBe(body),
);

test("what is no UTF-8 is made readable", () => {
  expect(JSON.parse(spliced(Uint8Array.of(0x22, 0xff, 0x22)))).toBe('"\ufffd"');
});

test("nesting that nobody can read travels as a string", () => {
  const body = "[".repeat(10_000) + "]".repeat(10_000);
  expect(JSON.parse(spliced(bytes(body)))).toBe(body);
});

test("a frame is never longer than the limit, in bytes as they are sent", () => {
  expect(JSON.parse(framed(bytes(`"${"x".repeat(5000)}"`), 4096)).data.error).toMatch(/^oversize: /);
  expect(JSON.parse(framed(bytes("\x01".repeat(1000)), 4096)).data.error).toMatch(/^oversize: /);
  expect(JSON.parse(framed(bytes(`"${"é".repeat(1800)}"`), 4096)).data.status).toBe(200);
  expect(JSON.parse(framed(bytes(`"${"é".repeat(2500)}"`), 4096)).data.status).toBe(0);
});

test("the message is named after its request", () => {
  const said = JSON.parse(answerFrame(unanswered("req-7", "timeout: x"), new Date(0), 9999));
  expect(said).toMatchObject({ id: "req-7", timestamp: "1970-01-01T00:00:00.000Z" });
  expect(said.data).not.toHaveProperty("attempt");
});

test("only headers that steer a sync are passed on, bounded", () => {
  const received: [string, string][] = [
    ["X-Discogs-Ratelimit-Used", "2"],
    ["Content-Type", "application/json"],
    ["Retry-After", "7"],
    ["Set-Cookie", "__cf_bm=1"],
    ["Server", "cloudflare"],
  ];
  expect(answered("r", 200, received, bytes("{}"), "ratelimit").headers).toEqual({
    "x-discogs-ratelimit-used": "2",
    "content-type": "application/json",
    "retry-after": "7",
  });
  const flood = Array.from({ length: 1000 }, (_, at): [string, string] => [
    `x-ratelimit-${at}`,
    "v".repeat(9999),
  ]);
  const { headers } = answered("r", 200, flood, bytes(""), "ratelimit");
  expect(Object.keys(headers).length).toBeLessThanOrEqual(200);
  expect(Math.max(...Object.values(headers).map((value) => value.length))).toBeLessThanOrEqual(500);
});
