import { createSignal, For, onMount, Show } from "solid-js";
import type { HeldRecord, HeldRemovals } from "../api/schema";
import { useAccount } from "../stores/account";
import { createTask } from "../stores/task";
import { texts } from "../texts/en";
import { artistLine, formatLine, labelLine, listed, yearOf } from "../texts/format";
import { FaultNotice } from "./Notice";

const HELD_A_PAGE = 100;

/** The records that would go, page by page. */
export function HeldList(props: { sessionId: string }) {
  const account = useAccount();
  const task = createTask();
  const [records, setRecords] = createSignal<readonly HeldRecord[]>([]);
  const [next, setNext] = createSignal<number | null>(null);
  const read = (after: number | null) =>
    task.run(async () => {
      const from = after === null ? "" : `&after=${after}`;
      const path = `/api/discogs/syncs/${props.sessionId}/heldRemovals?limit=${HELD_A_PAGE}${from}`;
      const found = await account.call<HeldRemovals>(path);
      setRecords([...records(), ...found.items]);
      setNext(found.nextAfter);
    });
  onMount(() => read(null));
  return (
    <div class="change-pages">
      <ul class="plain-list">
        <For
          each={records()}
          fallback={<li class="quiet">{task.isWorking() ? texts.common.loading : ""}</li>}
        >
          {(record) => (
            <li>
              {artistLine(record.artists)} – {record.title}{" "}
              <span class="quiet">
                {listed([yearOf(record.year), labelLine(record.labels), formatLine(record.formats)])}
              </span>
            </li>
          )}
        </For>
      </ul>
      <Show when={next()}>
        {(after) => (
          <button type="button" disabled={task.isWorking()} onClick={() => read(after())}>
            {texts.common.more}
          </button>
        )}
      </Show>
      <Show when={task.fault()}>
        {(fault) => <FaultNotice fault={fault()} again={() => void read(next())} />}
      </Show>
    </div>
  );
}
