import { afterEach, beforeEach, expect, test } from "vitest";
import { FakeDiscogs } from "../testing/discogs";
import { HEADERS, Signer, TOKEN } from "../testing/signer";
import { httpCall } from "./call";

let discogs: FakeDiscogs;
beforeEach(async () => {
  discogs = await FakeDiscogs.start();
});
afterEach(() => discogs.stop());

const never = new AbortController().signal;
const request = (url: string) => new Signer().request({ url });

function call({ url = `${discogs.url}/page`, callMs = 5_000, bodyBytesMax = 10_000, stopping = never } = {}) {
  return httpCall({ callMs, bodyBytesMax, rateHeader: "ratelimit" })(request(url), stopping);
}

test("an answer comes with its status, its body as it was, and what is left of the quota", async () => {
  discogs.answer = (_request, response) => {
    response.writeHead(200, { "X-Discogs-Ratelimit-Remaining": "59", Server: "x", "Set-Cookie": "a=b" });
    response.end('{"items": [1.0]}');
  };
  expect(await call()).toEqual({
    requestId: "req-1",
    status: 200,
    headers: { "x-discogs-ratelimit-remaining": "59" },
    body: '{"items": [1.0]}',
  });
});

test("the request's headers are sent, but for the name that a browser gives itself", async () => {
  await call();
  const headers = discogs.calls[0]?.headers ?? {};
  expect(headers["authorization"]).toBe(HEADERS.Authorization);
  expect(headers["accept"]).toBe(HEADERS.Accept);
  expect(headers["user-agent"]).not.toBe(HEADERS["User-Agent"]);
  expect(headers["cookie"]).toBeUndefined();
});

test.each([
  [500, "<html>no</html>"],
  [404, '{"message": "Gone"}'],
  [429, ""],
])("an error of theirs is an answer: %d", async (status, body) => {
  discogs.answer = (_request, response) => response.writeHead(status).end(body);
  const answer = await call();
  expect(answer.status).toBe(status);
  expect(JSON.parse(answer.body)).toEqual(body.startsWith("{") ? JSON.parse(body) : body);
});

test.each([301, 302, 307, 308])("a redirect is refused and not followed: %d", async (status) => {
  discogs.answer = (_request, response) => response.writeHead(status, { Location: "/elsewhere" }).end();
  expect(await call()).toMatchObject({ status: 0, error: expect.stringMatching(/^refused_redirect: /) });
  expect(discogs.calls.length).toBe(1);
});

test("a body beyond the limit is oversize, and is not read to its end", async () => {
  let isCut = false;
  discogs.answer = (_request, response) => {
    const pouring = setInterval(() => response.write("x".repeat(4_000)), 1);
    response.on("close", () => {
      isCut = true;
      clearInterval(pouring);
    });
  };
  expect(await call()).toMatchObject({ status: 0, error: expect.stringMatching(/^oversize: /) });
  await expect.poll(() => isCut).toBe(true);
});

test.each([
  ["head", () => {}],
  ["body", (response: { write(text: string): unknown }) => response.write("{")],
])("the time is for the whole call, and what hangs in its %s is given up", async (_about, begin) => {
  discogs.answer = (_request, response) => void begin(response);
  expect(await call({ callMs: 50 })).toMatchObject({
    status: 0,
    error: "timeout: The call was not finished after 0.05 seconds.",
  });
});

test("a connection that is cut is a network fault, and so is nobody there", async () => {
  discogs.answer = (_request, response) => {
    response.writeHead(200, { "content-length": "100" });
    response.write("{");
    setImmediate(() => response.destroy());
  };
  expect((await call()).error).toMatch(/^network: /);
  expect((await call({ url: "http://127.0.0.1:1/page" })).error).toMatch(/^network: /);
});

test("no fault repeats the token or the address", async () => {
  const answer = await call({ url: "http://127.0.0.1:1/page" });
  expect(JSON.stringify(answer)).not.toMatch(new RegExp(`${TOKEN}|127\\.0\\.0\\.1`));
});

test("a call that is stopped has no answer", async () => {
  discogs.answer = () => {};
  const stop = new AbortController();
  const stopped = call({ stopping: stop.signal });
  await expect.poll(() => discogs.calls.length).toBe(1);
  stop.abort();
  await expect(stopped).rejects.toThrow();
});
