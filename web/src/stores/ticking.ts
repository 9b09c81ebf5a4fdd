import { type Accessor, createSignal, onCleanup } from "solid-js";

const TICK_MS = 1000;

/** The time of day in milliseconds, told once a second, for what counts down. */
export function createNow(): Accessor<number> {
  const [now, setNow] = createSignal(Date.now());
  const timer = setInterval(() => setNow(Date.now()), TICK_MS);
  onCleanup(() => clearInterval(timer));
  return now;
}
