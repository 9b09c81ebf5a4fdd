import { createSignal, For, Show } from "solid-js";
import type { CollectionPage, RateLimitShape, Started, WantlistPage } from "../api/schema";
import { useAccount } from "../stores/account";
import { useLive } from "../stores/live";
import type { Kind } from "../stores/record";
import { activeSync, cost, examples } from "../stores/syncs";
import { createTask } from "../stores/task";
import { texts } from "../texts/en";
import { ago, count, duration } from "../texts/format";
import { FaultNotice } from "./Notice";
import { Running } from "./Running";

const said = texts.sync;

interface SyncCardProps {
  readonly kind: Kind;
  readonly mirror: CollectionPage | WantlistPage | undefined;
  readonly quota: RateLimitShape | undefined;
}

/** One list: how fresh it is, what the next sync costs, and the sync that runs. */
export function SyncCard(props: SyncCardProps) {
  const live = useLive();
  const running = () => activeSync(live, props.kind);
  const checkedAt = () => props.mirror?.mirror.checkedAt;
  return (
    <section class="sync-card" aria-label={said.kinds[props.kind]}>
      <h2>{said.kinds[props.kind]}</h2>
      <p class="quiet">
        <Show when={checkedAt()} fallback={running() ? said.firstRuns : said.never}>
          {(when) => (
            <>
              {said.records(count(props.mirror?.total ?? 0))} · {said.last(ago(when()))}
            </>
          )}
        </Show>
      </p>
      <Show when={running()} fallback={<Start {...props} />}>
        {(progress) => <Running progress={progress()} />}
      </Show>
    </section>
  );
}

/** What a sync is going to cost, and the buttons that start one. */
function Start(props: SyncCardProps) {
  const account = useAccount();
  const task = createTask();
  const [startedFull, setStartedFull] = createSignal<boolean>();
  const isFirst = () => props.mirror !== undefined && props.mirror.mirror.checkedAt === null;
  const canStart = () => account.me()?.hasDiscogsToken === true && !task.isWorking();
  const start = (fullSync: boolean) => {
    setStartedFull(fullSync);
    void task.run(async () => {
      const body = { syncType: props.kind, fullSync };
      await account.call<Started>("/api/discogs/syncCollection", { method: "POST", body });
    });
  };
  const price = (isFull: boolean) => {
    const { quota, mirror } = props;
    if (quota === undefined || mirror === undefined) return "";
    const { calls, seconds } = cost(props.kind, isFull, mirror.total, quota);
    return said.cost(count(calls), duration(seconds));
  };
  const label = (isFull: boolean, words: string) =>
    task.isWorking() && startedFull() === isFull ? texts.common.working : words;
  return (
    <>
      <Show
        when={!isFirst()}
        fallback={
          <div class="choice">
            <button type="button" class="primary" disabled={!canStart()} onClick={() => start(false)}>
              {label(false, said.first)}
            </button>
            <FirstCost {...props} />
          </div>
        }
      >
        <div class="choice">
          <button type="button" class="primary" disabled={!canStart()} onClick={() => start(false)}>
            {label(false, said.quick)}
          </button>
          <p class="hint">
            <span class="price">{price(false)}</span> {said.quickHint}
          </p>
        </div>
        <div class="choice">
          <button type="button" disabled={!canStart()} onClick={() => start(true)}>
            {label(true, said.full)}
          </button>
          <p class="hint">
            <span class="price">{price(true)}</span> {said.fullHint}
          </p>
        </div>
      </Show>
      <Show when={task.fault()}>{(fault) => <FaultNotice fault={fault()} />}</Show>
    </>
  );
}

/** How many records there are, Discogs tells with the first page; until then, what some numbers of them would cost. */
function FirstCost(props: SyncCardProps) {
  return (
    <div class="hint">
      <p>{said.costUnknown}</p>
      <ul class="plain-list">
        <For each={props.quota && examples(props.kind, props.quota)}>
          {({ records, calls, seconds }) => (
            <li class="number">{said.costExample(count(records), count(calls), duration(seconds))}</li>
          )}
        </For>
      </ul>
    </div>
  );
}
