import { expect, test } from "vitest";
import { ManualClock } from "../testing/clock";
import { byAsking, type Channel } from "./names";

/** The channels of one browser: what is said on one is heard on all others of its name. */
class Channels {
  readonly #open = new Set<Channel & { readonly name: string }>();

  open = (name: string): Channel => {
    const channel = {
      name,
      onmessage: null as Channel["onmessage"],
      postMessage: (data: Parameters<Channel["postMessage"]>[0]) => {
        for (const other of this.#open) {
          if (other !== channel && other.name === name)
            queueMicrotask(() =>
              other.onmessage?.({ data } as Parameters<NonNullable<Channel["onmessage"]>>[0]),
            );
        }
      },
      close: () => this.#open.delete(channel),
    };
    this.#open.add(channel);
    return channel;
  };
}

const clock = new ManualClock();
const channels = new Channels();
const worker = (id: string) => byAsking(channels.open, clock, () => id);

/** What comes of asking, after all time that it may take. */
async function taken(...asking: ReturnType<ReturnType<typeof worker>>[]): Promise<boolean[]> {
  await clock.pass(1000);
  return (await Promise.all(asking)).map((release) => release !== undefined);
}

test("a name that one worker has is not given to another, until it is let go", async () => {
  const first = worker("b")("tab 1");
  expect(await taken(first)).toEqual([true]);
  expect(await taken(worker("a")("tab 1"), worker("a")("tab 2"))).toEqual([false, true]);

  (await first)?.();
  expect(await taken(worker("c")("tab 1"))).toEqual([true]);
});

test("of two that ask at the same time one gets it", async () => {
  expect(await taken(worker("b")("tab 3"), worker("a")("tab 3"))).toEqual([false, true]);
});

test("of two that ask shortly after each other one gets it, whichever was first", async () => {
  for (const [first, second] of [
    ["a", "b"],
    ["b", "a"],
  ] as const) {
    const name = `tab of ${first}`;
    const early = worker(first)(name);
    await clock.pass(200);
    const both = await taken(early, worker(second)(name));
    expect(both.filter(Boolean).length).toBe(1);
  }
});
