import { createRoot, createSignal } from "solid-js";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createWakeLock } from "./wake_lock";

/** A screen, and the page that is looked at on it. */
class Screen extends EventTarget {
  visibilityState: DocumentVisibilityState = "visible";
  locks: { released: boolean; release(): Promise<void> }[] = [];

  readonly wakeLock = {
    request: async () => {
      const lock = {
        released: false,
        release: async () => {
          lock.released = true;
        },
      };
      this.locks.push(lock);
      return lock;
    },
  };

  /** Hidden, a page loses its lock by itself. */
  show(state: DocumentVisibilityState): void {
    this.visibilityState = state;
    if (state === "hidden") for (const lock of this.locks) lock.released = true;
    this.dispatchEvent(new Event("visibilitychange"));
  }

  get held(): number {
    return this.locks.filter((lock) => !lock.released).length;
  }
}

let screen: Screen;
let dispose = () => {};

beforeEach(() => {
  screen = new Screen();
  vi.stubGlobal("document", screen);
  vi.stubGlobal("navigator", { wakeLock: screen.wakeLock });
});

afterEach(() => {
  dispose();
  vi.unstubAllGlobals();
});

const settled = () => new Promise((resolve) => setImmediate(resolve));

async function holding() {
  const [isHeld, hold] = createSignal(false);
  dispose = createRoot((end) => {
    createWakeLock(isHeld);
    return end;
  });
  hold(true);
  await settled();
  return hold;
}

test("the screen stays on while something holds, and goes off after", async () => {
  const hold = await holding();
  expect(screen.held).toBe(1);
  hold(false);
  await settled();
  expect(screen.held).toBe(0);
});

test("who comes back to the page has the screen on again, by one lock", async () => {
  const hold = await holding();
  screen.show("hidden");
  await settled();
  expect(screen.held).toBe(0);
  screen.show("visible");
  screen.show("visible");
  await settled();
  expect(screen.held).toBe(1);
  hold(false);
  await settled();
  expect(screen.held).toBe(0);
});

test("where a browser has no such lock, nothing happens", async () => {
  vi.stubGlobal("navigator", {});
  await holding();
  expect(screen.locks).toEqual([]);
});
