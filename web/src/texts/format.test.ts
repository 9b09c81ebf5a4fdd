import { expect, test } from "vitest";
import { ago, artistLine, bytes, duration, formatLine, labelLine, plainName } from "./format";

test("artists are joined as on the sleeve", () => {
  expect(artistLine([{ name: "Sonny (3)", join: "&" }, { name: "Cher" }])).toBe("Sonny & Cher");
  expect(
    artistLine([
      { name: "A", join: "," },
      { name: "B", anv: "Bee" },
    ]),
  ).toBe("A, Bee");
  expect(artistLine([])).toBe("Unknown artist");
});

test("a name loses the number that tells namesakes apart, and nothing else", () => {
  expect(plainName("Prince (2)")).toBe("Prince");
  expect(plainName("The The (live)")).toBe("The The (live)");
  expect(plainName("(2)")).toBe("(2)");
});

test("formats say how many, what and how", () => {
  expect(formatLine([{ name: "Vinyl", qty: "2", descriptions: ["LP", "Album"], text: "Red" }])).toBe(
    "2 × Vinyl, LP, Album, Red",
  );
  expect(
    formatLine([
      { name: "Vinyl", qty: 1 },
      { name: "CD", qty: "oops", descriptions: null },
    ]),
  ).toBe("Vinyl + CD");
});

test("a label without a number stands alone", () => {
  expect(labelLine([{ name: "Blue Note", catno: "BLP 1577" }])).toBe("Blue Note · BLP 1577");
  expect(labelLine([{ name: "Self (9)", catno: "none" }])).toBe("Self");
  expect(labelLine([])).toBe("");
});

test("durations and sizes are told in words", () => {
  expect([0.2, 40, 100, 5400, 90_000].map(duration)).toEqual([
    "1 second",
    "40 seconds",
    "2 minutes",
    "2 hours",
    "25 hours",
  ]);
  expect([12, 4200, 2_500_000].map(bytes)).toEqual(["12 bytes", "4 kB", "2.5 MB"]);
});

test("how long ago is told by the largest unit that fits", () => {
  const now = Date.parse("2026-05-01T12:00:00Z");
  expect(ago("2026-05-01T11:59:50Z", now)).toBe("just now");
  expect(ago("2026-05-01T09:00:00Z", now)).toBe("3 hours ago");
  expect(ago("2026-05-01T17:30:00Z", now)).toBe("in 5 hours");
});
