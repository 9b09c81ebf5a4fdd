import { createResource, createSignal, Show } from "solid-js";
import type { Confirmed, HeldRemovals as Held, SyncRecord } from "../api/schema";
import { useAccount } from "../stores/account";
import { createTask } from "../stores/task";
import { texts } from "../texts/en";
import { count } from "../texts/format";
import { HeldList } from "./HeldList";
import { FaultNotice } from "./Notice";

const said = texts.sync.held;

interface HeldRemovalsProps {
  readonly sync: SyncRecord;
  readonly held: number;
  readonly settled: () => void;
}

/** So many records seem to be gone that somebody is asked first. */
export function HeldRemovals(props: HeldRemovalsProps) {
  const account = useAccount();
  const task = createTask();
  const [isOpen, setIsOpen] = createSignal(false);
  // Records may have come back, and a later sync that found all of them has ended the question.
  const [left] = createResource(
    () => props.sync,
    (sync) => account.call<Held>(`/api/discogs/syncs/${sync.sessionId}/heldRemovals?limit=1`),
  );
  const answer = (confirm: boolean) =>
    task.run(async () => {
      const path = `/api/discogs/syncs/${props.sync.sessionId}/confirmRemovals`;
      await account.call<Confirmed>(path, { method: "POST", body: { confirm } });
      props.settled();
    });
  const many = () => (left.error === undefined ? left.latest?.total : undefined) ?? props.held;
  return (
    <Show when={many() > 0} fallback={<p class="hint">{said.over(count(props.held))}</p>}>
      <div class="held">
        <h3>{said.title(count(many()), props.sync.syncType)}</h3>
        <p>{said.text}</p>
        <button type="button" class="link" aria-expanded={isOpen()} onClick={() => setIsOpen(!isOpen())}>
          {said.list}
        </button>
        <Show when={isOpen()}>
          <HeldList sessionId={props.sync.sessionId} />
        </Show>
        <div class="buttons">
          <button type="button" class="primary" disabled={task.isWorking()} onClick={() => answer(false)}>
            {said.refuse}
          </button>
          <button type="button" class="danger" disabled={task.isWorking()} onClick={() => answer(true)}>
            {said.confirm(count(many()))}
          </button>
        </div>
        <Show when={task.fault()}>{(fault) => <FaultNotice fault={fault()} />}</Show>
      </div>
    </Show>
  );
}
