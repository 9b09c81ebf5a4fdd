import { expect, test } from "vitest";
import { growth, money, months } from "./statistics";

test("months in which nothing was added are there too", () => {
  const all = months([
    { month: "2025-11", count: 2 },
    { month: "2026-02", count: 3 },
  ]);
  expect(all.map((one) => one.month)).toEqual(["2025-11", "2025-12", "2026-01", "2026-02"]);
  expect(growth(all)).toEqual([2, 2, 2, 5]);
});

test("what is no month is passed over", () => {
  expect(months([{ month: "soon", count: 1 }])).toEqual([]);
});

test("a sum is read as Discogs writes it", () => {
  expect(money("€7,158.04")).toEqual({ sign: "€", amount: 7158.04 });
  expect(money("CA$12.00")).toEqual({ sign: "CA$", amount: 12 });
  expect(money("much")).toBeUndefined();
  expect(money(null)).toBeUndefined();
});
