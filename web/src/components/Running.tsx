import { Show } from "solid-js";
import type { Progress } from "../protocol/messages";
import { useAccount } from "../stores/account";
import { useLive } from "../stores/live";
import { createTask } from "../stores/task";
import { createNow } from "../stores/ticking";
import { texts } from "../texts/en";
import { count, duration } from "../texts/format";
import { Meter } from "./Meter";
import { FaultNotice } from "./Notice";

const said = texts.sync;
const SECOND_MS = 1000;

/** A sync that is active: how far it is, what it does or waits for, and how to steer it. */
export function Running(props: { progress: Progress }) {
  const account = useAccount();
  const live = useLive();
  const task = createTask();
  const now = createNow();
  const steer = (move: "pause" | "resume" | "cancel") =>
    task.run(async () => {
      await account.call(`/api/discogs/syncs/${props.progress.sessionId}/${move}`, { method: "POST" });
    });
  const isFetching = () => live.state.connection.phase === "fetching";

  const isPausedByUser = () => props.progress.reason === "user";
  const reason = () => {
    const { reason } = props.progress;
    if (isHeld(reason) && live.state.calls[0]?.code === "network") return said.unheard;
    return reason && reason in said.reasons ? said.reasons[reason as keyof typeof said.reasons] : "";
  };
  const waitSeconds = () => {
    const { resumeAt } = props.progress;
    return resumeAt ? Math.round((Date.parse(resumeAt) - now()) / SECOND_MS) : 0;
  };
  // What it says of a wait counts seconds; that is told beside it, so that nobody is read a countdown.
  const action = () => reason() || props.progress.currentAction || status(props.progress.status);
  const items = () => {
    const { itemsDone, itemsTotal } = props.progress;
    return itemsTotal ? said.items(count(itemsDone), count(itemsTotal)) : said.itemsDone(count(itemsDone));
  };
  const left = () => {
    const seconds = props.progress.estimatedSecondsLeft;
    return seconds && !isPausedByUser() ? said.left(duration(seconds)) : "";
  };

  return (
    <div class="run">
      <div class="run-head">
        <span class="run-percent number">{Math.floor(props.progress.percentComplete)}%</span>
        <span class="quiet">{left()}</span>
      </div>
      <Meter
        value={props.progress.percentComplete}
        label={said.progress}
        isResting={props.progress.status === "paused"}
      />
      <p class="run-action" role="status">
        {action()}
      </p>
      <Show when={waitSeconds() > 1}>
        <p class="hint">{said.goesOn(duration(waitSeconds()))}</p>
      </Show>
      <ul class="run-counts">
        <li>{items()}</li>
        <li>{said.calls(count(props.progress.completedRequests), count(props.progress.totalRequests))}</li>
        <Show when={props.progress.failedRequests > 0}>
          <li class="warning">{said.failedCalls(count(props.progress.failedRequests))}</li>
        </Show>
      </ul>
      <div class="buttons">
        <Show
          when={isPausedByUser()}
          fallback={
            <button type="button" disabled={task.isWorking()} onClick={() => steer("pause")}>
              {said.pause}
            </button>
          }
        >
          <button type="button" class="primary" disabled={task.isWorking()} onClick={() => steer("resume")}>
            {said.resume}
          </button>
        </Show>
        <button type="button" disabled={task.isWorking()} onClick={() => steer("cancel")}>
          {said.cancel}
        </button>
      </div>
      <Show when={isFetching() && props.progress.estimatedSecondsLeft}>
        {(seconds) => <p class="hint stay">{said.stayOpen(duration(seconds()))}</p>}
      </Show>
      <Show when={task.fault()}>{(fault) => <FaultNotice fault={fault()} />}</Show>
    </div>
  );
}

/** Whether the pace holds the next call back. */
function isHeld(reason: string | null | undefined): boolean {
  return reason === "rate_limit_exceeded" || reason === "pacing";
}

function status(name: string): string {
  return name in said.statuses ? said.statuses[name as keyof typeof said.statuses] : "";
}
