import { describe, expect, test } from "vitest";
import { type Answer, unanswered } from "./answers";
import { Outbox, SENDS_MAX, UNACKNOWLEDGED_MAX } from "./outbox";

const NO_SHELF = { put: () => {}, forget: () => {} };
const answer = (requestId: string, body = "{}", status = 200): Answer => ({
  requestId,
  status,
  headers: {},
  body,
});

function filled(requestIds: readonly string[], answersMax = 100, bytesMax = 1000): Outbox {
  const outbox = new Outbox(NO_SHELF, [], answersMax, bytesMax);
  for (const requestId of requestIds) outbox.put(answer(requestId));
  return outbox;
}

function sent(outbox: Outbox): string[] {
  const ids: string[] = [];
  for (let due = outbox.nextDue(); due !== undefined; due = outbox.nextDue()) ids.push(due.requestId);
  return ids;
}

test("answers leave oldest first and once, and are kept until they are acknowledged", () => {
  const outbox = filled(["a", "b"]);
  expect(sent(outbox)).toEqual(["a", "b"]);
  expect(sent(outbox)).toEqual([]);
  expect(outbox.forget("a")).toBe(true);
  expect(outbox.forget("a")).toBe(false);
  expect(outbox.requestIds).toEqual(["b"]);
});

test("after a reconnect everything that is kept leaves again", () => {
  const outbox = filled(["a", "b", "c"]);
  sent(outbox);
  outbox.forget("b");
  outbox.sendAllAgain();
  expect(sent(outbox)).toEqual(["a", "c"]);
});

test("one answer can be sent again", () => {
  const outbox = filled(["a", "b"]);
  sent(outbox);
  outbox.sendAgain("b");
  outbox.sendAgain("unknown");
  expect(sent(outbox)).toEqual(["b"]);
});

test("a newer answer takes the place of an older one", () => {
  const outbox = filled(["a"]);
  sent(outbox);
  outbox.put(answer("a", "{}", 500));
  expect(outbox.count).toBe(1);
  expect(outbox.nextDue()?.status).toBe(500);
});

describe("bounds", () => {
  test("there is room until the answers and the calls under way fill it", () => {
    const outbox = filled(["a", "b"], 4);
    expect(outbox.hasRoom(1)).toBe(true);
    expect(outbox.hasRoom(2)).toBe(false);
  });

  test("there is none beyond its bytes, and there is again afterwards", () => {
    const outbox = filled([], 10, 100);
    outbox.put(answer("a", "x".repeat(100)));
    expect(outbox.hasRoom(0)).toBe(false);
    outbox.forget("a");
    expect(outbox.hasRoom(0)).toBe(true);
  });

  test("no more leave at once than a server takes, and the next with each acknowledgement", () => {
    const ids = Array.from({ length: UNACKNOWLEDGED_MAX + 2 }, (_, at) => String(at));
    const outbox = filled(ids, 1000, 1e6);
    expect(sent(outbox)).toEqual(ids.slice(0, UNACKNOWLEDGED_MAX));
    outbox.forget("0");
    expect(sent(outbox)).toEqual([String(UNACKNOWLEDGED_MAX)]);
  });

  test("an answer that is never acknowledged is given up", () => {
    const outbox = filled(["poison"]);
    for (let send = 0; send < SENDS_MAX; send += 1) {
      expect(sent(outbox)).toEqual(["poison"]);
      outbox.sendAllAgain();
    }
    expect(sent(outbox)).toEqual([]);
    expect(outbox.count).toBe(0);
  });
});

test("the largest that was sent is known", () => {
  const outbox = filled(["small"]);
  outbox.put(answer("large", "x".repeat(100)));
  expect(outbox.largestSent()).toBeUndefined();
  sent(outbox);
  outbox.put(answer("larger, but not sent", "x".repeat(200)));
  expect(outbox.largestSent()?.requestId).toBe("large");
});

test("what an earlier life left is sent, and put away only once", () => {
  const shelved: string[] = [];
  const shelf = {
    put: ({ requestId }: Answer) => shelved.push(requestId),
    forget: (id: string) => shelved.push(`-${id}`),
  };
  const outbox = new Outbox(shelf, [answer("old"), unanswered("older", "timeout: x")]);
  outbox.put(answer("new"));
  outbox.forget("old");
  expect(sent(outbox)).toEqual(["older", "new"]);
  expect(shelved).toEqual(["new", "-old"]);
});
