import { expect, test } from "vitest";
import { cost } from "./syncs";

const quota = { limit: 60, remaining: 60, recommendedDelay: 0 };

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
  expect(seconds).toBeGreaterThan(((306 - 60) / 60) * 60);
});
