import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ManualClock } from "../testing/clock";
import { Stage } from "../testing/stage";
import { type Keeping, openKeeping } from "./keeping";

let stage: Stage;
beforeEach(() => void vi.stubGlobal("indexedDB", new IDBFactory()));
afterEach(() => stage.close());

const progress = (revision: number, more: object = {}) => ({
  sessionId: "sync-1",
  syncType: "collection",
  status: "in_progress",
  revision,
  totalRequests: 2,
  completedRequests: 1,
  failedRequests: 0,
  percentComplete: 50,
  itemsDone: 100,
  ...more,
});

test("two pages make one connection, and both are told the same", async () => {
  stage = await Stage.open();
  const first = stage.page();
  const wire = await stage.server.dialled();
  await wire.welcome();
  wire.say("sync_progress", progress(2));
  wire.ask(stage.identityUrl);
  await wire.hear("discogs_api_response");
  await expect.poll(() => first.calls.length).toBe(1);

  const second = stage.page();
  await expect.poll(() => second.state).toEqual({ phase: "fetching" });
  expect(second.syncs).toEqual(first.syncs);
  expect(second.calls).toEqual(first.calls);

  wire.say("sync_progress", progress(1));
  wire.say("sync_progress", progress(3));
  await expect.poll(() => second.syncs.map(({ data }) => data.revision)).toEqual([2, 3]);
  expect(first.syncs).toEqual(second.syncs);
  expect(stage.server.count).toBe(1);
});

test("a page that is closed is missed by nobody", async () => {
  stage = await Stage.open({ renewMs: 10 });
  const first = stage.page(() => "token-1");
  const wire = await stage.server.dialled();
  await wire.welcome();
  const second = stage.page(() => "token-2");
  first.close();
  expect((await wire.hear("authenticate")).data["token"]).toBe("token-2");
  await expect.poll(() => second.asked.length).toBeGreaterThan(0);
  expect(wire.isClosed).toBe(false);
});

test("when the last page is gone for a while it disconnects, and comes back with the next one", async () => {
  const clock = new ManualClock();
  stage = await Stage.open({ clock });
  const page = stage.page();
  const wire = await stage.server.dialled();
  await wire.welcome();
  await expect.poll(() => page.state).toEqual({ phase: "standing_by" });
  page.close();
  await clock.pass(9_000);
  await clock.pass(0);
  expect(wire.isClosed).toBe(false);
  await clock.pass(5_000);
  await wire.closed();

  stage.page();
  await (await stage.server.dialled()).welcome();
});

test("a reload of the only page is no reason to disconnect", async () => {
  const clock = new ManualClock();
  stage = await Stage.open({ clock });
  const page = stage.page();
  const wire = await stage.server.dialled();
  await wire.welcome();
  page.close();
  await clock.pass(1_000);
  const reloaded = stage.page();
  await expect.poll(() => reloaded.state).toEqual({ phase: "standing_by" });
  await clock.pass(15_000);
  expect(wire.isClosed).toBe(false);
  expect(stage.server.count).toBe(1);
});

test("a page that does not answer for a token is passed over, also for one that came later", async () => {
  const clock = new ManualClock();
  stage = await Stage.open({ clock });
  const deaf = stage.page(() => "no answer");
  const answering = stage.page(() => "no answer");
  await expect.poll(() => deaf.asked.length + answering.asked.length).toBe(1);
  answering.token = () => "token-2";
  deaf.token = () => "token-2";
  await clock.pass(20_000);
  expect((await (await stage.server.dialled()).welcome()).data["token"]).toBe("token-2");
});

test("a page that leaves while it is asked for a token is not waited for", async () => {
  stage = await Stage.open({ clock: new ManualClock() });
  const leaving = stage.page(() => "no answer");
  await expect.poll(() => leaving.asked.length).toBe(1);
  stage.page(() => "token-2");
  leaving.close();
  expect((await (await stage.server.dialled()).welcome()).data["token"]).toBe("token-2");
});

test("a sign-out does not wait for a token either, and the next sign-in is served", async () => {
  stage = await Stage.open({ clock: new ManualClock() });
  const page = stage.page(() => "no answer");
  await expect.poll(() => page.asked.length).toBe(1);
  page.say({ kind: "sign_out" });
  await expect.poll(() => page.state).toMatchObject({ phase: "stopped", code: "signed_out" });
  page.token = () => "token-2";
  page.hello();
  expect((await (await stage.server.dialled()).welcome()).data["token"]).toBe("token-2");
});

test("where no page answers for a token it stops, and goes on when one is looked at again", async () => {
  const clock = new ManualClock();
  stage = await Stage.open({ clock });
  const page = stage.page(() => "no answer");
  await expect.poll(() => page.asked.length).toBe(1);
  await clock.pass(20_000);
  expect(stage.server.count).toBe(0);
  page.token = () => "token-1";
  page.say({ kind: "wake" });
  await expect.poll(() => page.states).toContainEqual(expect.objectContaining({ code: "no_page" }));
  await (await stage.server.dialled()).welcome();
});

test("where nobody is signed in any more it stops", async () => {
  stage = await Stage.open();
  const page = stage.page(() => undefined);
  await expect.poll(() => page.state).toMatchObject({ phase: "stopped", code: "signed_out" });
  expect(stage.server.count).toBe(0);
});

test("a sign-out stops everything and forgets what is kept", async () => {
  const keeping: Keeping = await openKeeping(
    "http://page.example/",
    () => new Date(),
    () => {},
  );
  stage = await Stage.open({ keeping });
  const page = stage.page();
  const watching = stage.page();
  const wire = await stage.server.dialled();
  const { data } = await wire.welcome();
  const { clientId } = data["client"] as { clientId: string };
  wire.ask(stage.identityUrl);
  await wire.hear("discogs_api_response");
  await expect.poll(async () => (await keeping.answers(clientId)).length).toBe(1);

  page.say({ kind: "sign_out" });
  await wire.closed();
  await expect.poll(() => watching.state).toMatchObject({ phase: "stopped", code: "signed_out" });
  expect(await keeping.answers(clientId)).toEqual([]);
});

test("a worker that died in mid-sync leaves its answers to the next, and no call is made twice", async () => {
  const keeping: Keeping = await openKeeping(
    "http://page.example/",
    () => new Date(),
    () => {},
  );
  stage = await Stage.open({ keeping });
  const page = stage.page();
  const wire = await stage.server.dialled();
  const before = await wire.welcome();
  wire.ask(stage.identityUrl);
  await wire.hear("discogs_api_response");
  const { clientId } = before.data["client"] as { clientId: string };
  await expect.poll(async () => (await keeping.answers(clientId)).length).toBe(1);
  page.end();

  const next = await Stage.open({ keeping });
  next.server.keys = stage.server.keys;
  next.page();
  const again = await next.server.dialled();
  expect((await again.welcome()).data["client"]).toMatchObject({ clientId, holding: ["req-1"] });
  expect((await again.hear("discogs_api_response")).data).toMatchObject({ requestId: "req-1", status: 200 });
  again.ack("req-1");
  await expect.poll(async () => (await keeping.answers(clientId)).length).toBe(0);
  await next.close();
});

test("the state falls back to standing by when the last sync ends", async () => {
  stage = await Stage.open();
  const page = stage.page();
  const wire = await stage.server.dialled();
  await wire.welcome();
  wire.say("sync_progress", progress(1));
  wire.ask(stage.identityUrl);
  await expect.poll(() => page.state).toEqual({ phase: "fetching" });
  wire.say("sync_progress", progress(2, { status: "cancelled" }));
  await expect.poll(() => page.state).toEqual({ phase: "standing_by" });
});
