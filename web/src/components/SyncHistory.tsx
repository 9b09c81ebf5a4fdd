import { createEffect, createResource, createSignal, For, on, onCleanup, Show } from "solid-js";
import type { History, SyncRecord } from "../api/schema";
import { useAccount } from "../stores/account";
import { useLive } from "../stores/live";
import type { Kind } from "../stores/record";
import { createTask } from "../stores/task";
import { texts } from "../texts/en";
import { count, duration, listed, moment } from "../texts/format";
import { Changes } from "./Changes";
import { HeldRemovals } from "./HeldRemovals";
import { FaultNotice } from "./Notice";

const said = texts.sync;
const SYNCS_A_PAGE = 10;
const KINDS: readonly Kind[] = ["collection", "wantlist"];

/** Syncs of before, newest first. */
export function SyncHistory() {
  const account = useAccount();
  const live = useLive();
  const [limit, setLimit] = createSignal(SYNCS_A_PAGE);
  const [history, { refetch }] = createResource(limit, (many) =>
    account.call<History>(`/api/discogs/syncs?limit=${many}`),
  );
  const ids = () => history.latest?.items.map((sync) => sync.sessionId) ?? [];
  // A later sync of the same list has replaced what an earlier one held back; whether one has, its own line finds out.
  const asking = () => {
    const holding = (history.latest?.items ?? []).filter((sync) => sync.summary?.heldRemovals);
    return new Set(KINDS.map((kind) => holding.find((sync) => sync.syncType === kind)?.sessionId));
  };
  const statuses = () =>
    Object.values(live.state.syncs)
      .map((sync) => `${sync.sessionId} ${sync.status}`)
      .join();
  createEffect(on(statuses, () => void refetch(), { defer: true }));
  onCleanup(live.onEnded(() => void refetch()));

  return (
    <section class="history" aria-labelledby="history">
      <h2 id="history">{said.history}</h2>
      <Show
        when={history.error === undefined}
        fallback={<FaultNotice fault={history.error} again={refetch} />}
      >
        <ol class="syncs">
          {/* By id, so that what was opened in a line stays open when the history is read anew. */}
          <For each={ids()} fallback={<li class="quiet">{said.noHistory}</li>}>
            {(id) => (
              <Show when={history.latest?.items.find((sync) => sync.sessionId === id)}>
                {(sync) => <Line sync={sync()} isAsking={asking().has(id)} changed={() => void refetch()} />}
              </Show>
            )}
          </For>
        </ol>
        <Show when={history.latest?.nextCursor && limit() < 100}>
          <button type="button" onClick={() => setLimit(Math.min(100, limit() + SYNCS_A_PAGE * 2))}>
            {texts.common.more}
          </button>
        </Show>
      </Show>
    </section>
  );
}

function Line(props: { sync: SyncRecord; isAsking: boolean; changed: () => void }) {
  const account = useAccount();
  const task = createTask();
  const [isOpen, setIsOpen] = createSignal(false);
  const summary = () => props.sync.summary;
  const retry = () =>
    task.run(async () => {
      await account.call(`/api/discogs/syncs/${props.sync.sessionId}/retry`, { method: "POST" });
      props.changed();
    });
  return (
    <li class="past">
      <div class="past-head">
        <span class={`status ${props.sync.status}`}>{statusName(props.sync.status)}</span>
        <strong>{said.kinds[props.sync.syncType]}</strong>
        <span>{done(props.sync)}</span>
        <time class="quiet" dateTime={props.sync.startedAt}>
          {moment(props.sync.startedAt)}
        </time>
      </div>
      <p class="hint">
        {listed([
          origin(props.sync.origin),
          summary()?.requests
            ? said.summary.calls(count(summary()?.requests ?? 0), duration(summary()?.seconds ?? 0))
            : "",
          summary()?.verified ? said.summary.verified : "",
        ])}
      </p>
      <Show when={props.sync.errorMessage}>{(message) => <p class="warning">{message()}</p>}</Show>
      <For each={warnings(props.sync)}>{(warning) => <p class="hint">{warning.message}</p>}</For>
      <Show when={props.sync.status === "failed"}>
        <button type="button" disabled={task.isWorking()} onClick={retry}>
          {said.retry}
        </button>
      </Show>
      <Show when={task.fault()}>{(fault) => <FaultNotice fault={fault()} />}</Show>
      <Show when={summary()?.heldRemovals}>
        {(held) => (
          <Show when={props.isAsking} fallback={<p class="hint">{said.held.over(count(held()))}</p>}>
            <HeldRemovals sync={props.sync} held={held()} settled={props.changed} />
          </Show>
        )}
      </Show>
      <Show when={changed(props.sync) > 0}>
        <button type="button" class="link" aria-expanded={isOpen()} onClick={() => setIsOpen(!isOpen())}>
          {said.showChanges}
        </button>
      </Show>
      <Show when={isOpen()}>
        <Changes kind={props.sync.syncType} narrowing={`sessionId=${props.sync.sessionId}`} />
      </Show>
    </li>
  );
}

/** What else went wrong. Why the sync failed is told already, and would be again for each list beside the records. */
function warnings({ summary, errorMessage }: SyncRecord) {
  return summary?.warnings?.filter(({ message }) => !errorMessage || !message.includes(errorMessage));
}

/** What it did: "12 added, 3 changed". */
function done(sync: SyncRecord): string {
  const { added = 0, updated = 0, removed = 0 } = sync.summary ?? {};
  if (sync.summary === null) return "";
  const parts = [
    added ? said.summary.added(count(added)) : "",
    updated ? said.summary.updated(count(updated)) : "",
    removed ? said.summary.removed(count(removed)) : "",
  ];
  return listed(parts) || (sync.status === "completed" ? said.summary.nothing : "");
}

function changed(sync: SyncRecord): number {
  const { added = 0, updated = 0, removed = 0 } = sync.summary ?? {};
  return added + updated + removed;
}

const statusName = (name: string): string =>
  name in said.statuses ? said.statuses[name as keyof typeof said.statuses] : name;

const origin = (name: string): string =>
  name in said.origins ? said.origins[name as keyof typeof said.origins] : "";
