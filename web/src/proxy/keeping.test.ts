import "fake-indexeddb/auto";
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, expect, test, vi } from "vitest";
import type { Answer } from "./answers";
import { takeIdentity } from "./identity";
import { type Keeping, openKeeping } from "./keeping";
import { unshared } from "./names";

const SERVER = "http://nas.example/cratesync/";
const answer = (requestId: string): Answer => ({
  requestId,
  status: 200,
  headers: {},
  body: "{}",
  attempt: 1,
});
let faults: string[] = [];
let today = new Date("2026-11-22T08:00:00Z");

beforeEach(() => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  faults = [];
  today = new Date("2026-11-22T08:00:00Z");
});

const opened = (server = SERVER): Promise<Keeping> =>
  openKeeping(
    server,
    () => today,
    (sentence) => faults.push(sentence),
  );
const ids = async (keeping: Keeping, clientId = "c") =>
  (await keeping.answers(clientId)).map(({ requestId }) => requestId);

test("answers outlive a reload, oldest first, until they are acknowledged", async () => {
  const shelf = (await opened()).shelf("c");
  for (const requestId of ["z", "b", "a"]) {
    shelf.put(answer(requestId));
    today = new Date(today.getTime() + 1);
  }
  shelf.forget("b");
  const reloaded = await opened();
  expect(await reloaded.answers("c")).toEqual([answer("z"), answer("a")]);
  expect(faults).toEqual([]);
});

test("each client has its own, and a sign-out clears them", async () => {
  const keeping = await opened();
  keeping.shelf("c").put(answer("a"));
  keeping.shelf("other").put(answer("b"));
  await keeping.clear("c");
  expect(await ids(keeping)).toEqual([]);
  expect(await ids(keeping, "other")).toEqual(["b"]);
});

test("answers that nobody came back for are swept after a day", async () => {
  (await opened()).shelf("c").put(answer("a"));
  today = new Date(today.getTime() + 23 * 3_600_000);
  expect(await ids(await opened())).toEqual(["a"]);
  today = new Date(today.getTime() + 2 * 3_600_000);
  expect(await ids(await opened())).toEqual([]);
});

test("pins are kept by server", async () => {
  (await opened()).pin(new Map([["k1", "key"]]));
  expect(await (await opened()).pins()).toEqual(new Map([["k1", "key"]]));
  expect(await (await opened("http://other.example/")).pins()).toEqual(new Map());
});

test("a place is known by the same id again", async () => {
  const first = await takeIdentity(await opened(), "shared", unshared);
  const again = await takeIdentity(await opened(), "shared", unshared);
  const elsewhere = await takeIdentity(await opened(), "tab 2", unshared);
  expect(again.clientId).toBe(first.clientId);
  expect(elsewhere.clientId).not.toBe(first.clientId);
});

test("where another one has the id, a client goes by one of its own and keeps nothing", async () => {
  const first = await takeIdentity(await opened(), "shared", unshared);
  const second = await takeIdentity(await opened(), "shared", async () => undefined);
  expect(second.clientId).not.toBe(first.clientId);
  second.keeping.shelf(second.clientId).put(answer("a"));
  expect(await ids(await opened(), second.clientId)).toEqual([]);
  (await opened()).pin(new Map([["k1", "key"]]));
  expect(await second.keeping.pins()).toEqual(new Map([["k1", "key"]]));
});

test("without a database everything works in memory, and it is said once", async () => {
  vi.stubGlobal("indexedDB", {
    open: () => {
      throw new DOMException("", "SecurityError");
    },
  });
  const keeping = await opened();
  keeping.shelf("c").put(answer("a"));
  keeping.pin(new Map([["k1", "key"]]));
  expect(await keeping.pins()).toEqual(new Map([["k1", "key"]]));
  expect(faults).toEqual([expect.stringContaining("SecurityError")]);
});
