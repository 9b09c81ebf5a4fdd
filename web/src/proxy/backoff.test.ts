import { expect, test } from "vitest";
import { Backoff, CAP_MS } from "./backoff";

test("the bound doubles up to a cap, and starts anew after a success", () => {
  const backoff = new Backoff(() => 1);
  const waits = Array.from({ length: 8 }, () => backoff.nextMs());
  expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, CAP_MS, CAP_MS]);
  backoff.reset();
  expect(backoff.nextMs()).toBe(1_000);
});

test("a wait is anything from nothing to the bound", () => {
  expect(new Backoff(() => 0).nextMs()).toBe(0);
  expect(new Backoff(() => 0.25).nextMs()).toBe(250);
});
