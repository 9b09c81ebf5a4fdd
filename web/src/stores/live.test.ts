import { createRoot } from "solid-js";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Me } from "../api/schema";
import type { SyncMessage } from "../proxy/events";
import type { FromPage, FromWorker } from "../proxy/port_messages";
import { type Account, createAccount } from "./account";
import { createLive, type Live } from "./live";

/** A shared worker that is played by the test. */
class PlayedWorker {
  static readonly all: PlayedWorker[] = [];
  readonly heard: FromPage[] = [];
  onmessage: ((event: { data: FromWorker }) => void) | null = null;
  readonly port = this;
  onerror = null;

  constructor(
    readonly url: string,
    readonly options: { readonly name: string },
  ) {
    PlayedWorker.all.push(this);
  }

  postMessage(message: FromPage): void {
    this.heard.push(message);
  }

  say(message: FromWorker): void {
    this.onmessage?.({ data: message });
  }
}

const ADA = { id: "user-1", username: "ada" } as Me;
let account: Account;
let live: Live;
let dispose = () => {};
let page: EventTarget;

beforeEach(() => {
  PlayedWorker.all.length = 0;
  page = new EventTarget();
  vi.stubGlobal("SharedWorker", PlayedWorker);
  vi.stubGlobal("window", page);
  vi.stubGlobal(
    "document",
    Object.assign(new EventTarget(), {
      baseURI: "https://nas.example/below/",
      querySelector: () => ({ content: "https://api.discogs.com" }),
      visibilityState: "visible",
    }),
  );
  dispose = createRoot((end) => {
    account = createAccount();
    live = createLive(account);
    return end;
  });
});
afterEach(() => {
  dispose();
  vi.unstubAllGlobals();
});

function signedIn(): PlayedWorker {
  account.welcome(ADA);
  const [worker] = PlayedWorker.all;
  if (worker === undefined) throw new Error("No worker was started.");
  return worker;
}

const progress = (revision: number, status = "in_progress", sessionId = "sync-1"): SyncMessage => ({
  type: "sync_progress",
  id: "1",
  data: {
    sessionId,
    syncType: "collection",
    status,
    revision,
    totalRequests: 2,
    completedRequests: 1,
    failedRequests: 0,
    percentComplete: 50,
    itemsDone: 100,
  },
});
const complete = (revision: number): SyncMessage => ({
  type: "sync_complete",
  id: "1",
  data: { sessionId: "sync-1", syncType: "collection", status: "completed", revision, summary: { added: 1 } },
});

test("nobody is connected before the sign-in", () => {
  expect(PlayedWorker.all).toEqual([]);
  expect(live.state.connection).toMatchObject({ phase: "stopped", code: "not_started" });
});

test("the worker is told who signed in and where the server is, below its path", () => {
  expect(signedIn().heard).toEqual([
    {
      kind: "hello",
      setup: {
        account: "user-1",
        server: "https://nas.example/below/",
        socketUrl: "wss://nas.example/below/ws",
        upstream: "https://api.discogs.com",
      },
    },
  ]);
});

test("the newest message of each sync counts, in whatever order they come", () => {
  const worker = signedIn();
  for (const revision of [1, 3, 2]) worker.say({ kind: "sync", message: progress(revision) });
  expect(live.state.syncs["sync-1"]).toMatchObject({ revision: 3 });
  expect(live.active().map(({ revision }) => revision)).toEqual([3]);
});

test("an end that comes while the page looks on is told once, and one of the past is not", () => {
  const told = vi.fn();
  const worker = signedIn();
  const stop = live.onEnded(told);
  worker.say({
    kind: "snapshot",
    state: { phase: "standing_by" },
    syncs: [progress(9, "cancelled", "old")],
    calls: [],
  });
  worker.say({ kind: "sync", message: progress(10) });
  worker.say({ kind: "sync", message: complete(11) });
  worker.say({ kind: "sync", message: complete(11) });
  expect(told.mock.calls).toEqual([[complete(11).data]]);
  expect(live.active()).toEqual([]);
  expect(live.state.syncs["sync-1"]).toEqual(complete(11).data);
  stop();
});

test("of the calls the newest 200 are kept, newest first", () => {
  const worker = signedIn();
  for (let at = 0; at < 205; at += 1) {
    const call = { requestId: String(at), attempt: 1, path: "/", status: 200, milliseconds: 1, at: "" };
    worker.say({ kind: "call", call });
  }
  expect(live.state.calls.length).toBe(200);
  expect(live.state.calls[0]?.requestId).toBe("204");
});

test("a token is given whenever it is asked for, renewed where the last was refused", async () => {
  const worker = signedIn();
  const token = vi.spyOn(account.session, "token").mockResolvedValue("t");
  const resume = vi.spyOn(account.session, "resume").mockResolvedValue(ADA);
  worker.say({ kind: "ask_token", askId: 1, isRefused: false });
  await expect.poll(() => worker.heard.at(-1)).toEqual({ kind: "token", askId: 1, token: "t" });
  expect(resume).not.toHaveBeenCalled();
  worker.say({ kind: "ask_token", askId: 2, isRefused: true });
  await expect.poll(() => worker.heard.at(-1)).toEqual({ kind: "token", askId: 2, token: "t" });
  expect(resume).toHaveBeenCalledOnce();
  token.mockResolvedValue(undefined);
  worker.say({ kind: "ask_token", askId: 3, isRefused: false });
  await expect.poll(() => worker.heard.at(-1)).toEqual({ kind: "token", askId: 3 });
  token.mockRejectedValue(new Error("unreachable"));
  worker.say({ kind: "ask_token", askId: 4, isRefused: false });
  await expect.poll(() => worker.heard.at(-1)).toEqual({ kind: "token", askId: 4, isUnreachable: true });
});

test("a sign-out stops the worker and forgets what was shown", () => {
  const worker = signedIn();
  worker.say({ kind: "state", state: { phase: "fetching" } });
  worker.say({ kind: "sync", message: progress(1) });
  account.welcome(undefined);
  expect(worker.heard.map(({ kind }) => kind)).toEqual(["hello", "sign_out", "bye"]);
  expect(live.state.connection).toMatchObject({ phase: "stopped" });
  expect(live.state.syncs).toEqual({});
});

test("what changes about an account starts nothing anew, another account does", () => {
  signedIn();
  account.welcome({ ...ADA, hasDiscogsToken: true });
  expect(PlayedWorker.all.length).toBe(1);
  account.welcome({ ...ADA, id: "user-2" });
  expect(PlayedWorker.all.map(({ options }) => options.name)).toEqual([
    "cratesync https://nas.example/below/ user-1",
    "cratesync https://nas.example/below/ user-2",
  ]);
});

test("a page that goes says so, and one that is looked at again wakes the worker", () => {
  const worker = signedIn();
  page.dispatchEvent(new Event("pagehide"));
  document.dispatchEvent(new Event("visibilitychange"));
  page.dispatchEvent(Object.assign(new Event("pageshow"), { persisted: true }));
  worker.say({ kind: "beat" });
  expect(worker.heard.map(({ kind }) => kind)).toEqual(["hello", "bye", "wake", "hello", "here"]);
});

test("what went wrong in the worker stands in the page's console", () => {
  const printed = vi.spyOn(console, "error").mockImplementation(() => {});
  signedIn().say({ kind: "fault", sentence: "Something is wrong." });
  expect(printed).toHaveBeenCalledWith("Something is wrong.");
  printed.mockRestore();
});
