import { expect, test } from "vitest";
import {
  AT_ONCE,
  CACHED_MS,
  type Clock,
  COVERS_A_WINDOW,
  CoverQueue,
  type CoverTicket,
  REST_MS,
  TRIES_MAX,
  WAITING_MAX,
  WINDOW_MS,
} from "./covers";

/** Time that passes when it is told to. */
class HandedClock implements Clock {
  #now = 0;
  #calls: { at: number; call: () => void }[] = [];

  now(): number {
    return this.#now;
  }

  after(milliseconds: number, call: () => void): () => void {
    const one = { at: this.#now + milliseconds, call };
    this.#calls.push(one);
    return () => {
      this.#calls = this.#calls.filter((other) => other !== one);
    };
  }

  pass(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const due = this.#calls.filter((one) => one.at <= end).sort((a, b) => a.at - b.at)[0];
      if (due === undefined) break;
      this.#calls = this.#calls.filter((one) => one !== due);
      this.#now = Math.max(this.#now, due.at);
      due.call();
    }
    this.#now = end;
  }
}

/** People who wait for covers: which of them load, and which were given up. */
function stage() {
  const clock = new HandedClock();
  const queue = new CoverQueue(clock);
  const tickets = new Map<string, CoverTicket>();
  const loads: string[] = [];
  const lost: string[] = [];
  const enter = (url: string) => {
    tickets.set(url, queue.enter(url, { load: () => loads.push(url), giveUp: () => lost.push(url) }));
  };
  const ticket = (url: string): CoverTicket => {
    const one = tickets.get(url);
    if (one === undefined) throw new Error(`${url} never entered.`);
    return one;
  };
  const many = (count: number) => Array.from({ length: count }, (_, position) => `cover ${position}`);
  return { clock, queue, enter, ticket, loads, lost, many };
}

test("only so many load at once, and who came last is next", () => {
  const { enter, loads, many, ticket, clock } = stage();
  for (const url of many(AT_ONCE + 3)) enter(url);
  expect(loads).toEqual(many(AT_ONCE));
  clock.pass(CACHED_MS);
  ticket("cover 0").loaded();
  expect(loads.at(-1)).toBe(`cover ${AT_ONCE + 2}`);
});

test("no more than a window's covers are asked for within a window", () => {
  const { enter, loads, many, ticket, clock } = stage();
  for (const url of many(COVERS_A_WINDOW + 10)) enter(url);
  for (let done = 0; done < COVERS_A_WINDOW; done++) {
    clock.pass(CACHED_MS);
    ticket(loads[done] ?? "").loaded();
  }
  expect(loads.length).toBe(COVERS_A_WINDOW);
  clock.pass(WINDOW_MS - clock.now());
  expect(loads.length).toBeGreaterThan(COVERS_A_WINDOW);
});

test("a cover of the browser's own cache costs nothing of the window", () => {
  const { enter, loads, many, ticket } = stage();
  for (const url of many(COVERS_A_WINDOW * 3)) enter(url);
  for (let done = 0; done < COVERS_A_WINDOW * 3; done++) ticket(loads[done] ?? "").loaded();
  expect(loads.length).toBe(COVERS_A_WINDOW * 3);
});

test("a failure lets all covers rest, twice as long each time, and is tried again", () => {
  const { enter, loads, ticket, clock } = stage();
  enter("a");
  ticket("a").failed();
  enter("b");
  expect(loads).toEqual(["a"]);
  clock.pass(REST_MS);
  expect(loads).toEqual(["a", "b", "a"]);
  ticket("a").failed();
  clock.pass(REST_MS * 2 - 1);
  expect(loads.length).toBe(3);
  clock.pass(1);
  expect(loads.length).toBe(4);
});

test("a cover that never comes is given up", () => {
  const { enter, lost, loads, ticket, clock } = stage();
  enter("missing");
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    ticket("missing").failed();
    clock.pass(WINDOW_MS);
  }
  expect(loads.length).toBe(TRIES_MAX);
  expect(lost).toEqual(["missing"]);
});

test("who left is not loaded, and makes room", () => {
  const { enter, loads, many, ticket } = stage();
  for (const url of many(AT_ONCE + 1)) enter(url);
  ticket(`cover ${AT_ONCE}`).leave();
  ticket("cover 0").leave();
  expect(loads).toEqual(many(AT_ONCE));
  enter("next");
  expect(loads.at(-1)).toBe("next");
});

test("what was loaded once needs no turn", () => {
  const { enter, loads, many, ticket, clock } = stage();
  enter("known");
  clock.pass(CACHED_MS);
  ticket("known").loaded();
  for (const url of many(AT_ONCE)) enter(url);
  enter("known");
  expect(loads.at(-1)).toBe("known");
});

test("the queue has an end", () => {
  const { enter, lost, many } = stage();
  for (const url of many(WAITING_MAX + AT_ONCE + 1)) enter(url);
  expect(lost).toEqual([`cover ${AT_ONCE}`]);
});
