import { expect, test } from "vitest";
import { readLink } from "./link";

test("a one-time link and an invitation are told apart", () => {
  expect(readLink("#code=abc")).toEqual({ kind: "code", text: "abc" });
  expect(readLink("#invitation=xyz")).toEqual({ kind: "invitation", text: "xyz" });
});

test("a link may ask for the first sync, and for nothing else", () => {
  expect(readLink("#code=abc&start=collection")).toEqual({ kind: "code", text: "abc", starts: true });
  expect(readLink("#code=abc&start=exports")).toEqual({ kind: "code", text: "abc" });
  expect(readLink("#start=collection")).toBeUndefined();
});

test("a page's own address is no link", () => {
  expect(readLink("#/collection?q=code")).toBeUndefined();
  expect(readLink("#/collection?code=abc")).toBeUndefined();
  expect(readLink("#code=")).toBeUndefined();
  expect(readLink("")).toBeUndefined();
});
