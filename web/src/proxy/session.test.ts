import { afterEach, expect, test } from "vitest";
import { Signer, TOKEN } from "../testing/signer";
import { Stage } from "../testing/stage";
import { type Keeping, memoryKeeping } from "./keeping";

let stage: Stage;
afterEach(() => stage.close());

async function connected(choices: Parameters<typeof Stage.open>[0] = {}) {
  stage = await Stage.open(choices);
  const page = stage.page();
  const wire = await stage.server.dialled();
  const signIn = await wire.welcome();
  return { page, wire, signIn };
}

test("the first message says who it is and what it can", async () => {
  const { signIn, page } = await connected();
  expect(signIn.data).toEqual({
    token: "token-1",
    client: {
      clientId: expect.stringMatching(/^[0-9a-f]{32}$/),
      kind: "browser",
      maxInFlight: 12,
      readsRateLimitHeaders: false,
      holding: [],
    },
  });
  await expect.poll(() => page.state).toEqual({ phase: "standing_by" });
});

test("a request is made and answered, and the answer kept until it is acknowledged", async () => {
  const { wire, page } = await connected();
  wire.ask(stage.identityUrl);
  const answer = await wire.hear("discogs_api_response");
  expect(answer).toMatchObject({
    id: "req-1",
    data: { requestId: "req-1", status: 200, body: { id: 1 }, attempt: 1 },
  });
  expect(page.state).toEqual({ phase: "fetching" });
  expect(page.calls).toEqual([
    expect.objectContaining({ path: "/oauth/identity", status: 200, requestId: "req-1" }),
  ]);

  wire.cut();
  const next = await stage.server.dialled();
  expect((await next.welcome()).data["client"]).toMatchObject({ holding: ["req-1"] });
  await next.hear("discogs_api_response");
  next.ack("req-1");
  next.cut();
  const last = await stage.server.dialled();
  expect((await last.welcome()).data["client"]).toMatchObject({ holding: [] });
  expect(stage.discogs.calls.length).toBe(1);
});

test("it comes back under the same id", async () => {
  const { wire, signIn } = await connected();
  wire.close(1012);
  const again = await (await stage.server.dialled()).welcome();
  expect(again.data["client"]).toEqual(signIn.data["client"]);
});

test("what the guard refuses is answered, not made, and told to the page", async () => {
  const { wire, page } = await connected();
  wire.ask("https://evil.example/oauth/identity");
  expect((await wire.hear("discogs_api_response")).data).toMatchObject({
    status: 0,
    error: expect.stringMatching(/^refused_url: /),
  });
  expect(stage.discogs.calls).toEqual([]);
  await expect.poll(() => page.faults).toEqual(["A request of the server was not made: refused_url."]);
});

test("a call under way outlives its socket, and is named when the client comes back", async () => {
  const { wire } = await connected();
  let finish = () => {};
  stage.discogs.answer = (_request, response) => {
    finish = () => response.end("{}");
  };
  wire.ask(stage.identityUrl);
  await expect.poll(() => stage.discogs.calls.length).toBe(1);
  wire.cut();
  const next = await stage.server.dialled();
  expect((await next.welcome()).data["client"]).toMatchObject({ holding: ["req-1"] });
  finish();
  expect((await next.hear("discogs_api_response")).data).toMatchObject({ status: 200 });
});

test("a repeated request is not made twice, and a success answers any attempt", async () => {
  const { wire } = await connected();
  wire.ask(stage.identityUrl);
  await wire.hear("discogs_api_response");
  wire.ask(stage.identityUrl, "req-1", 2);
  expect((await wire.hear("discogs_api_response")).data).toMatchObject({ status: 200, attempt: 1 });
  expect(stage.discogs.calls.length).toBe(1);
});

test("a failure that is kept does not answer a newer attempt", async () => {
  const { wire } = await connected();
  stage.discogs.answer = (_request, response) => response.writeHead(500).end();
  wire.ask(stage.identityUrl);
  await wire.hear("discogs_api_response");
  wire.ask(stage.identityUrl, "req-1", 2);
  expect((await wire.hear("discogs_api_response")).data).toMatchObject({ status: 500, attempt: 2 });
  expect(stage.discogs.calls.length).toBe(2);
});

test("no more calls are made at once than it said, and those that wait are the server's again after a cut", async () => {
  const { wire } = await connected();
  stage.discogs.answer = () => {};
  for (let at = 0; at < 15; at += 1) wire.ask(stage.identityUrl, `req-${at}`);
  await expect.poll(() => stage.discogs.calls.length).toBe(12);
  wire.cut();
  const { data } = await (await stage.server.dialled()).welcome();
  expect((data["client"] as { holding: string[] }).holding.length).toBe(12);
});

test("an answer beyond the server's frame is oversize, and so is one that closed the socket by its size", async () => {
  const { wire } = await connected();
  stage.discogs.answer = (_request, response) => response.end(JSON.stringify("x".repeat(150_000)));
  wire.ask(stage.identityUrl);
  expect((await wire.hear("discogs_api_response")).data).toMatchObject({
    error: expect.stringMatching(/^oversize: /),
  });
  wire.ack("req-1");
  stage.discogs.answer = (_request, response) => response.end(JSON.stringify("x".repeat(50_000)));
  wire.ask(stage.identityUrl, "req-2");
  expect((await wire.hear("discogs_api_response")).data).toMatchObject({ status: 200 });
  wire.close(1009);
  const next = await stage.server.dialled();
  await next.welcome();
  expect((await next.hear("discogs_api_response")).data).toMatchObject({
    requestId: "req-2",
    error: expect.stringMatching(/^oversize: /),
  });
});

test("an answer that the server cannot read is dropped", async () => {
  const { wire, page } = await connected();
  wire.ask(stage.identityUrl);
  await wire.hear("discogs_api_response");
  wire.say("error", { code: "bad_shape", message: "No.", messageId: "req-1" });
  wire.cut();
  expect((await (await stage.server.dialled()).welcome()).data["client"]).toMatchObject({ holding: [] });
  expect(page.faults).toEqual(["The server did not understand a message: bad_shape."]);
});

test("silence is met with a ping, and then with a new connection", async () => {
  const { wire } = await connected({ timing: { pingAfterMs: 20, pongWithinMs: 60 } });
  await wire.hear("ping");
  wire.say("pong", {});
  await wire.hear("ping");
  await stage.server.dialled();
});

test("a ping is answered, and what is not known is skipped", async () => {
  const { wire, page } = await connected();
  wire.say("message_of_the_future", {});
  wire.raw("{");
  wire.say("ping", {});
  await wire.hear("pong");
  await expect.poll(() => page.faults).toEqual(["The frame is not valid JSON."]);
});

test("a page comes back at once when it is looked at again, and doubts an old silence", async () => {
  const { wire, page } = await connected();
  page.say({ kind: "wake" });
  await wire.hear("ping");
});

test("requests before the sign-in is taken are left alone", async () => {
  stage = await Stage.open();
  stage.page();
  const wire = await stage.server.dialled();
  await wire.hear("authenticate");
  wire.ask(stage.identityUrl);
  wire.say("ping", {});
  await wire.hear("pong");
  expect(stage.discogs.calls).toEqual([]);
});

test.each([
  [4502, "version_too_old"],
  [4503, "origin_refused"],
  [4500, "fault"],
  [4999, "fault"],
])("after the final close %d it stops, with the server's sentence", async (closeCode, code) => {
  const { wire, page } = await connected();
  wire.close(closeCode, "It is over.");
  await expect.poll(() => page.state).toEqual({ phase: "stopped", code, sentence: "It is over." });
  expect(stage.server.count).toBe(1);
});

test.each([1001, 1012, 4000, 4001, 4002, 4003, 4004, 4499])(
  "after the close %d it comes back",
  async (code) => {
    const { wire } = await connected();
    wire.close(code);
    await (await stage.server.dialled()).welcome();
  },
);

test("a token that is refused is renewed, and refused again and again it ends with a sign-in", async () => {
  stage = await Stage.open();
  const page = stage.page();
  for (let time = 0; time < 3; time += 1) {
    const wire = await stage.server.dialled();
    await wire.hear("authenticate");
    wire.close(4501, "The token is not good.");
  }
  await expect.poll(() => page.state).toMatchObject({ phase: "stopped", code: "sign_in_refused" });
  expect(page.asked).toEqual([false, true, true]);
});

test("a newer token is shown on the open socket", async () => {
  const { wire, page } = await connected({ renewMs: 10 });
  page.token = () => "token-2";
  expect((await wire.hear("authenticate")).data["token"]).toBe("token-2");
  expect(stage.server.count).toBe(1);
});

test("a stranger's key ends it, and nothing is fetched, until the user believes it", async () => {
  const keeping: Keeping = memoryKeeping();
  keeping.pin(new Map([["k1", new Signer("k1").publicKey]]));
  const { wire, page } = await connected({ keeping });
  wire.ask(stage.identityUrl);
  await expect.poll(() => page.state).toMatchObject({ phase: "stopped", code: "key_not_trusted" });
  expect(stage.discogs.calls).toEqual([]);

  page.say({ kind: "trust_anew" });
  await (await stage.server.dialled()).welcome();
  await expect.poll(() => page.state).toEqual({ phase: "standing_by" });
});

test("somebody else's sign-in is not gone on with", async () => {
  stage = await Stage.open();
  const page = stage.page();
  await (await stage.server.dialled()).welcome({ userId: "user-2" });
  await expect.poll(() => page.state).toMatchObject({ phase: "stopped", code: "signed_out" });
});

test.each(["socket_not_private", "token_without_fetch"] as const)(
  "it says why it only watches: %s",
  async (why) => {
    stage = await Stage.open();
    const page = stage.page();
    await (await stage.server.dialled()).welcome({ watchOnly: why });
    await expect.poll(() => page.state).toEqual({ phase: "watching", because: why });
  },
);

test("once a readable answer told of the quota, the next sign-in says so", async () => {
  const { wire } = await connected();
  stage.discogs.answer = (_request, response) =>
    response.writeHead(200, { "x-discogs-ratelimit": "60" }).end("{}");
  wire.ask(stage.identityUrl);
  await wire.hear("discogs_api_response");
  wire.cut();
  expect((await (await stage.server.dialled()).welcome()).data["client"]).toMatchObject({
    readsRateLimitHeaders: true,
  });
});

test("no token is told to a page", async () => {
  const { wire, page } = await connected();
  wire.ask(stage.identityUrl);
  await wire.hear("discogs_api_response");
  wire.ask("https://evil.example/oauth/identity", "req-2");
  await wire.hear("discogs_api_response");
  await expect.poll(() => page.calls.length).toBe(2);
  expect(JSON.stringify([page.calls, page.states, page.faults])).not.toMatch(
    new RegExp(`${TOKEN}|token-1|evil`),
  );
});
