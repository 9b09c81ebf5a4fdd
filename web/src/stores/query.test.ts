import { expect, test } from "vitest";
import { chosen, narrowing, readQuery, toggled, VALUES_MAX, writeQuery } from "./query";

test("an address that says nothing means everything, the newest first", () => {
  expect(readQuery({}, "collection")).toEqual({ q: "", sort: "added", order: "desc", filters: {} });
});

test("what a query means survives the address", () => {
  const query = readQuery(
    { q: "miles", sort: "year", order: "desc", genre: ["Jazz", "Funk / Soul"], decade: "1970", folder: "3" },
    "collection",
  );
  expect(query.filters).toEqual({ genre: ["Jazz", "Funk / Soul"], decade: ["1970"], folder: ["3"] });
  const written = Object.fromEntries(
    Object.entries(writeQuery(query)).filter(([, value]) => value !== undefined),
  );
  expect(readQuery(written, "collection")).toEqual(query);
});

test("what is as usual is not written", () => {
  const written = writeQuery(readQuery({ sort: "artist", order: "asc" }, "collection"));
  expect(written["order"]).toBeUndefined();
  expect(written["sort"]).toBe("artist");
  expect(written["q"]).toBeUndefined();
});

test("the API is asked for each value of each filter", () => {
  const query = readQuery({ q: " blue  ", genre: ["Jazz", "Rock"], rating: "5" }, "collection");
  expect(narrowing(query).toString()).toBe("q=blue&genre=Jazz&genre=Rock&rating=5");
});

test("an address from elsewhere does no harm", () => {
  const many = Array.from({ length: 200 }, (_, position) => `genre ${position}`);
  const query = readQuery(
    { sort: "password", order: "sideways", decade: ["x", "-1", "1990"], genre: many, q: "y".repeat(9999) },
    "collection",
  );
  expect(query.sort).toBe("added");
  expect(query.order).toBe("desc");
  expect(query.filters.decade).toEqual(["1990"]);
  expect(query.filters.genre?.length).toBe(VALUES_MAX);
  expect(query.q.length).toBe(200);
});

test("a wantlist has no folders", () => {
  expect(readQuery({ folder: "1", style: "Dub" }, "wantlist").filters).toEqual({ style: ["Dub"] });
});

test("a value is taken in, and taken out again", () => {
  const none = readQuery({}, "collection");
  const one = toggled(none, "genre", "Jazz");
  expect(chosen(one)).toEqual([["genre", "Jazz"]]);
  expect(chosen(toggled(one, "genre", "Jazz"))).toEqual([]);
});
