import { createSignal, For, Show } from "solid-js";
import type { Kind } from "../stores/record";
import { texts } from "../texts/en";
import { Changes } from "./Changes";

const DAY_MS = 86_400_000;
const SINCES = { day: 1, week: 7, month: 30, year: 365 } as const;
type Since = keyof typeof SINCES;
const CHOICES: readonly Since[] = ["day", "week", "month", "year"];
const KINDS: readonly Kind[] = ["collection", "wantlist"];

/** What changed since then, whichever sync found it. */
export function ChangesSince() {
  const [isOpen, setIsOpen] = createSignal(false);
  const [since, setSince] = createSignal<Since>("week");
  const [kind, setKind] = createSignal<Kind>("collection");
  const narrowing = () => `from=${new Date(Date.now() - SINCES[since()] * DAY_MS).toISOString()}`;
  return (
    <details class="calls" onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>
        <h2>{texts.changes.since} …</h2>
      </summary>
      <Show when={isOpen()}>
        <div class="choices">
          <label class="inline-field">
            <span>{texts.changes.since}</span>
            <select
              onChange={(event) =>
                setSince(CHOICES.find((one) => one === event.currentTarget.value) ?? "week")
              }
            >
              <For each={CHOICES}>
                {(one) => (
                  <option value={one} selected={one === since()}>
                    {texts.changes.sinces[one]}
                  </option>
                )}
              </For>
            </select>
          </label>
          <label class="inline-field">
            <span>{texts.insights.of}</span>
            <select
              onChange={(event) =>
                setKind(event.currentTarget.value === "wantlist" ? "wantlist" : "collection")
              }
            >
              <For each={KINDS}>{(one) => <option value={one}>{texts.sync.kinds[one]}</option>}</For>
            </select>
          </label>
        </div>
        <Changes kind={kind()} narrowing={narrowing()} />
      </Show>
    </details>
  );
}
