import { afterEach, expect, test } from "vitest";
import { ManualClock } from "../testing/clock";
import type { Stage } from "../testing/stage";
import { Backoff } from "./backoff";
import type { Connection, Ending } from "./connection";
import type { ConnectionState } from "./events";
import { Presence } from "./presence";

let stage: Stage | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

const BROKEN: Ending = { sentence: "It broke.", closeCode: 1006, wasSignedIn: false, served: false };

/** A presence whose connections all end at once. */
function losing(clock: ManualClock, ending = BROKEN) {
  const states: ConnectionState[] = [];
  const connection = { ending: Promise.resolve(ending), leave: async () => {} } as unknown as Connection;
  const presence = new Presence({
    connect: () => connection,
    tokens: { ask: async () => ({ token: "token-1" }) },
    backoff: new Backoff(() => 1),
    clock,
    tell: (state) => states.push(state),
    tooLarge: () => {},
  });
  const waits = () => states.flatMap((state) => (state.phase === "waiting" ? [state.retryMs] : []));
  return { presence, states, waits };
}

test("the waits grow while nothing works", async () => {
  const clock = new ManualClock();
  const { presence, waits } = losing(clock);
  const stop = new AbortController();
  const running = presence.run(stop.signal);
  await clock.pass(8_000);
  expect(waits()).toEqual([1_000, 2_000, 4_000, 8_000]);
  stop.abort();
  await running;
});

test("they stay short where each connection served", async () => {
  const clock = new ManualClock();
  const { presence, waits } = losing(clock, { ...BROKEN, wasSignedIn: true, served: true });
  const stop = new AbortController();
  const running = presence.run(stop.signal);
  await clock.pass(2_500);
  expect(waits()).toEqual([1_000, 1_000, 1_000]);
  stop.abort();
  await running;
});

test("a wait ends at once when the page is looked at again, and when it is stopped", async () => {
  const clock = new ManualClock();
  const { presence, waits } = losing(clock);
  const stop = new AbortController();
  const running = presence.run(stop.signal);
  await clock.pass(0);
  expect(waits().length).toBe(1);
  presence.wake();
  await clock.pass(0);
  expect(waits().length).toBe(2);
  stop.abort();
  expect(await running).toMatchObject({ code: "not_started" });
});

test("a server that cannot be asked for a token is waited for", async () => {
  const clock = new ManualClock();
  const states: ConnectionState[] = [];
  const presence = new Presence({
    connect: () => {
      throw new Error("There is no token to connect with.");
    },
    tokens: { ask: async () => ({ without: "unreachable" }) },
    backoff: new Backoff(() => 1),
    clock,
    tell: (state) => states.push(state),
    tooLarge: () => {},
  });
  const stop = new AbortController();
  const running = presence.run(stop.signal);
  await clock.pass(1_000);
  expect(states.map((state) => state.phase)).toEqual(["connecting", "waiting", "connecting", "waiting"]);
  stop.abort();
  await running;
});
