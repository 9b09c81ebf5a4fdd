import { expect, test } from "vitest";
import { Signer } from "../testing/signer";
import { KEYS_MAX, trustedKeys, UntrustedKey } from "./pins";

const OLD = new Signer("old");
const NEW = new Signer("new");
const NEWEST = new Signer("newest");
const STRANGER = new Signer("stranger");
const PINNED = new Map([["old", OLD.publicKey]]);

test("the first keys are believed", () => {
  expect([...trustedKeys(new Map(), [OLD.offer(), NEW.offer()]).keys()]).toEqual(["old", "new"]);
});

test("a pinned key stays trusted", () => {
  expect(trustedKeys(PINNED, [OLD.offer()])).toEqual(PINNED);
});

test("a new key is accepted where a pinned one endorsed it", () => {
  expect(trustedKeys(PINNED, [NEW.offer(OLD)])).toEqual(new Map([["new", NEW.publicKey]]));
});

test("a chain of endorsements is followed in any order", () => {
  const offered = [NEWEST.offer(NEW), NEW.offer(OLD)];
  expect(trustedKeys(PINNED, offered).size).toBe(2);
  expect(trustedKeys(PINNED, offered.toReversed()).size).toBe(2);
});

test("a key that is no longer offered is forgotten", () => {
  const pinned = trustedKeys(PINNED, [NEW.offer(OLD)]);
  expect(() => trustedKeys(pinned, [OLD.offer()])).toThrow(UntrustedKey);
});

test.each([
  ["a stranger", [STRANGER.offer()]],
  ["a stranger that vouches for itself", [STRANGER.offer(STRANGER)]],
  ["a stranger that another stranger vouches for", [STRANGER.offer(NEW), NEW.offer()]],
  ["a stranger beside a pinned key", [OLD.offer(), STRANGER.offer()]],
  ["strangers that vouch for each other", [NEW.offer(STRANGER), STRANGER.offer(NEW)]],
  ["another key under a pinned name", [new Signer("old").offer()]],
  ["another key under a pinned name that is vouched for", [new Signer("old").offer(OLD)]],
  [
    "an endorsement of another key",
    [{ ...STRANGER.offer(), endorsements: NEW.offer(OLD).endorsements ?? [] }],
  ],
])("%s is refused", (_about, offered) => {
  expect(() => trustedKeys(PINNED, offered)).toThrow(UntrustedKey);
});

test("no key, too many keys, and one name twice are refused", () => {
  const many = Array.from({ length: KEYS_MAX + 1 }, (_, number) => new Signer(String(number)).offer());
  expect(() => trustedKeys(new Map(), [])).toThrow(UntrustedKey);
  expect(() => trustedKeys(new Map(), many)).toThrow(UntrustedKey);
  expect(() => trustedKeys(new Map(), [OLD.offer(), new Signer("old").offer()])).toThrow(UntrustedKey);
});
