import { createEffect, createSignal, For, on, onCleanup, Show } from "solid-js";
import type { CollectionChanges, ItemChange, WantChange, WantlistChanges } from "../api/schema";
import { useAccount } from "../stores/account";
import type { Kind } from "../stores/record";
import { createTask } from "../stores/task";
import { texts } from "../texts/en";
import { ChangeList } from "./ChangeList";
import { FaultNotice } from "./Notice";

const CHANGES_A_PAGE = 50;
const ACTIONS = ["", "added", "updated", "removed", "restored"] as const;

/** Changes, newest first, page by page. `narrowing` says which, as the API has it. */
export function Changes(props: { kind: Kind; narrowing: string }) {
  const account = useAccount();
  const task = createTask();
  const [changes, setChanges] = createSignal<readonly (ItemChange | WantChange)[]>();
  const [isMore, setIsMore] = createSignal(false);
  const [action, setAction] = createSignal<(typeof ACTIONS)[number]>("");
  const asked = () => `${props.narrowing}${action() ? `&action=${action()}` : ""}`;
  let ending = new AbortController();

  const read = (before: number | undefined) =>
    task.run(async () => {
      const from = before === undefined ? "" : `&before=${before}`;
      const path = `/api/${props.kind}/changes?order=desc&limit=${CHANGES_A_PAGE}&${asked()}${from}`;
      const found = await account.call<CollectionChanges | WantlistChanges>(path, { signal: ending.signal });
      setChanges([...(before === undefined ? [] : (changes() ?? [])), ...found.changes]);
      setIsMore(found.isMore);
    });
  createEffect(
    on([asked, () => props.kind], () => {
      ending = new AbortController();
      const one = ending;
      setChanges(undefined);
      queueMicrotask(() => void read(undefined));
      onCleanup(() => one.abort());
    }),
  );

  return (
    <div class="change-pages">
      <label class="inline-field">
        <span>{texts.changes.filter}</span>
        <select
          onChange={(event) => setAction(ACTIONS.find((one) => one === event.currentTarget.value) ?? "")}
        >
          <For each={ACTIONS}>
            {(one) => <option value={one}>{one === "" ? texts.changes.all : texts.changes[one]}</option>}
          </For>
        </select>
      </label>
      <Show
        when={changes()}
        fallback={<Show when={!task.fault()}>{<p class="quiet">{texts.common.loading}</p>}</Show>}
      >
        {(shown) => <ChangeList kind={props.kind} changes={shown()} />}
      </Show>
      <Show when={task.fault()}>
        {(fault) => <FaultNotice fault={fault()} again={() => void read(undefined)} />}
      </Show>
      <Show when={isMore()}>
        <button type="button" disabled={task.isWorking()} onClick={() => read(changes()?.at(-1)?.seq)}>
          {texts.common.more}
        </button>
      </Show>
    </div>
  );
}
