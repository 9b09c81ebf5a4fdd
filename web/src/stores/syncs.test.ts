import { expect, test } from "vitest";
import { cost, examples } from "./syncs";

const quota = { remaining: 60, recommendedDelay: 0, callsPerWindow: 56, windowSeconds: 60 };

test("a full sync of a collection reads every page, looks twice, and asks for what stands beside", () => {
  expect(cost("collection", true, 1200, quota).calls).toBe(18);
});

test("a quick sync of a large list reads one page of it, and all of a small one", () => {
  expect(cost("collection", false, 3000, quota).calls).toBe(5);
  expect(cost("wantlist", false, 320, quota).calls).toBe(cost("wantlist", true, 320, quota).calls);
});

test("what the quota does not hold has to wait for it", () => {
  const { calls, seconds } = cost("collection", true, 30_000, quota);
  expect(calls).toBe(306);
  expect(seconds).toBe(5 * 60 + (306 - 5 * 56) * 0.5);
  expect(cost("collection", true, 5000, { ...quota, remaining: 0 }).seconds).toBeGreaterThan(60);
});

test("before the first sync, some numbers of records tell what it would cost", () => {
  expect(examples("wantlist", quota)).toEqual([
    { records: 1000, calls: 13, seconds: 6.5 },
    { records: 10_000, calls: 103, seconds: 60 + (103 - 56) * 0.5 },
  ]);
});
