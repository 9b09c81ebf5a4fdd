import { For } from "solid-js";

/** Colours of the sleeves, by the hue that covers have, from left to right. */
const SLEEVES = [18, 205, 44, 158, 336, 28, 262, 96] as const;

/** A crate of records, for the eye alone. */
export function Crate() {
  return (
    <div class="crate" aria-hidden="true">
      <div class="crate-sleeves">
        <For each={SLEEVES}>{(hue) => <span class="cover" style={{ "--hue": hue }} />}</For>
      </div>
      <div class="crate-front" />
    </div>
  );
}
