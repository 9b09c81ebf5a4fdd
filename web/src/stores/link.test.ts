import { expect, test } from "vitest";
import { readLink } from "./link";

test("a one-time link and an invitation are told apart", () => {
  expect(readLink("#code=abc")).toEqual({ kind: "code", text: "abc" });
  expect(readLink("#invitation=xyz")).toEqual({ kind: "invitation", text: "xyz" });
});

test("a page's own address is no link", () => {
  expect(readLink("#/collection?q=code")).toBeUndefined();
  expect(readLink("#/collection?code=abc")).toBeUndefined();
  expect(readLink("#code=")).toBeUndefined();
  expect(readLink("")).toBeUndefined();
});
