import { expect, test, vi } from "vitest";
import { FIRST_PAGE_RECORDS, PAGE_RECORDS, PAGES_KEPT, type Page, type PageStart, Walk } from "./walk";

/** A server with so many records, each its own place in the list; a cursor is the place to go on from. */
function server(total: number) {
  const asked: string[] = [];
  const read = async ({ cursor, skip, limit }: PageStart, signal: AbortSignal): Promise<Page<number>> => {
    asked.push(`${cursor ?? 0}${skip > 0 ? `>${skip}` : ""}+${limit}`);
    await Promise.resolve();
    signal.throwIfAborted();
    const from = Number(cursor ?? 0) + skip;
    const to = Math.min(total, from + limit);
    const items = Array.from({ length: Math.max(0, to - from) }, (_, position) => from + position);
    return { items, total, nextCursor: to < total ? String(to) : null };
  };
  return { asked, read };
}

const settled = (walk: Walk<number>, index: number) =>
  vi.waitFor(() => expect(walk.at(index)).toBe(index), { interval: 1 });

test("the first page is read alone, and tells how many there are", async () => {
  const { asked, read } = server(3000);
  const walk = new Walk(read, () => undefined);
  walk.want(0, 20);
  await settled(walk, 0);
  expect(walk.total).toBe(3000);
  expect(asked).toEqual([`0+${FIRST_PAGE_RECORDS}`]);
});

test("what comes into view is read once, and what lies between is passed over from the nearest page", async () => {
  const { asked, read } = server(3000);
  const walk = new Walk(read, () => undefined);
  walk.want(0, 20);
  await settled(walk, 0);
  walk.want(1200, 1230);
  await settled(walk, 1230);
  walk.want(1200, 1230);
  expect(asked).toEqual(["0+100", "100>1000+500"]);
  expect(walk.at(600)).toBeUndefined();
  walk.want(1590, 1610);
  await settled(walk, 1610);
  walk.want(2600, 2610);
  await settled(walk, 2610);
  walk.want(590, 610);
  await settled(walk, 610);
  expect(asked.slice(2)).toEqual(["1600+500", "2100>500+500", "100+500", "600+500"]);
});

test("who drags to the end of a large list waits for two pages", async () => {
  const { asked, read } = server(50_000);
  const walk = new Walk(read, () => undefined);
  walk.want(49_970, 49_999);
  await settled(walk, 49_999);
  expect(asked).toEqual(["0+100", "100>49500+500"]);
});

test("who goes all the way and back again gets both ends, and no more pages are kept than allowed", async () => {
  const { asked, read } = server(50_000);
  const walk = new Walk(read, () => undefined);
  for (let index = 0; index < 50_000; index += PAGE_RECORDS) {
    walk.want(index, index);
    await settled(walk, index);
  }
  walk.want(49_970, 49_999);
  await settled(walk, 49_999);
  const here = Array.from({ length: 50_000 }, (_, index) => walk.at(index)).filter(
    (one) => one !== undefined,
  );
  expect(here.length).toBeLessThanOrEqual(PAGES_KEPT * PAGE_RECORDS);
  expect(walk.at(0)).toBeUndefined();
  const before = asked.length;
  walk.want(0, 20);
  await settled(walk, 0);
  expect(asked.length).toBe(before + 1);
});

test("whoever wants more than is kept gets as much as is kept, and then it is quiet", async () => {
  const { asked, read } = server(50_000);
  const walk = new Walk(read, () => undefined);
  walk.want(0, 49_999);
  await vi.waitFor(() => expect(asked.length).toBe(PAGES_KEPT));
  await new Promise((resolve) => setImmediate(resolve));
  expect(asked.length).toBe(PAGES_KEPT);
});

test("who turns round on the way does not wait for where they no longer look", async () => {
  const { asked, read } = server(50_000);
  const walk = new Walk(read, () => walk.want(0, 20));
  walk.want(0, 20);
  await settled(walk, 0);
  walk.want(40_000, 40_020);
  walk.want(0, 20);
  await Promise.resolve();
  expect(asked.length).toBeLessThanOrEqual(2);
});

test("a fault stops the walk until it is tried again", async () => {
  const { read } = server(300);
  let isDown = true;
  const walk = new Walk(
    async (start, signal) => {
      if (isDown) throw new Error("down");
      return read(start, signal);
    },
    () => undefined,
  );
  walk.want(0, 20);
  await vi.waitFor(() => expect(walk.fault).toBeInstanceOf(Error));
  isDown = false;
  walk.want(0, 30);
  expect(walk.at(0)).toBeUndefined();
  walk.retry();
  await settled(walk, 0);
  expect(walk.fault).toBeUndefined();
});

test("a walk that nobody looks at any more changes nothing", async () => {
  const { read } = server(300);
  const changed = vi.fn();
  const walk = new Walk(read, changed);
  walk.want(0, 20);
  walk.end();
  await new Promise((resolve) => setImmediate(resolve));
  expect(changed).not.toHaveBeenCalled();
  expect(walk.fault).toBeUndefined();
});

test("where a list has become shorter, nothing is found beyond its end", async () => {
  let total = 9000;
  const walk = new Walk<number>(
    (start, signal) => server(total).read(start, signal),
    () => undefined,
  );
  walk.want(0, 20);
  await settled(walk, 0);
  total = 3000;
  walk.want(8900, 8999);
  await vi.waitFor(() => expect(walk.total).toBe(3000));
  walk.want(2990, 2999);
  await settled(walk, 2999);
});

test("a list that ends sooner than it said is as long as what came", async () => {
  const walk = new Walk<number>(
    async () => ({ items: [1, 2], nextCursor: null, total: 9 }),
    () => undefined,
  );
  walk.want(0, 5);
  await vi.waitFor(() => expect(walk.total).toBe(2));
});
