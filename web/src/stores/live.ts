import { type Accessor, createContext, createEffect, createSignal, onCleanup, useContext } from "solid-js";
import { createStore, reconcile } from "solid-js/store";
import type { History, SyncRecord, SyncStatusShape } from "../api/schema";
import type { Completion, Failure, Progress } from "../protocol/messages";
import type { Account } from "./account";
import { isActive as isActiveStatus } from "./syncs";

/** How this browser stands to the server's requests. */
export type Connection = "off" | "connecting" | "fetching" | "standing_by" | "watching";

/** One call that this browser made to Discogs. */
export interface RequestMade {
  readonly requestId: string;
  readonly at: number;
  readonly path: string;
  readonly status: number;
  readonly milliseconds: number;
}

/** What goes on right now. */
export interface Live {
  readonly connection: Accessor<Connection>;
  /** The newest snapshot of each sync that is active, or was a moment ago. */
  readonly progress: Readonly<Record<string, Progress>>;
  ended(sessionId: string): Completion | Failure | undefined;
  readonly requests: readonly RequestMade[];
}

const LOOK_MS = 1000;
const IDLE_LOOK_MS = 4000;
const SYNCS_LOOKED_AT = 4;

/** Asks again and again while somebody is signed in. */
export function createLive(account: Account): Live {
  const [connection, setConnection] = createSignal<Connection>("off");
  const [progress, setProgress] = createStore<Record<string, Progress>>({});
  const [ends, setEnds] = createStore<Record<string, Completion | Failure>>({});

  const look = async (signal: AbortSignal): Promise<boolean> => {
    const history = await account.call<History>(`/api/discogs/syncs?limit=${SYNCS_LOOKED_AT}`, { signal });
    let isActive = false;
    for (const sync of history.items) {
      const isOver = !isActiveStatus(sync.status);
      isActive ||= !isOver;
      if (isOver && (progress[sync.sessionId] === undefined || ends[sync.sessionId] !== undefined)) continue;
      const status = await account.call<SyncStatusShape>(`/api/discogs/syncStatus/${sync.sessionId}`, {
        signal,
      });
      setProgress(sync.sessionId, reconcile(snapshot(status)));
      if (isOver) setEnds(sync.sessionId, theEnd(sync, status));
    }
    return isActive;
  };

  createEffect(() => {
    if (account.me() === undefined) return;
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const goOn = async (): Promise<void> => {
      const isActive = await look(ending.signal).then(
        (active) => {
          setConnection("watching");
          return active;
        },
        () => false,
      );
      if (!ending.signal.aborted) timer = setTimeout(goOn, isActive ? LOOK_MS : IDLE_LOOK_MS);
    };
    setConnection("connecting");
    void goOn();
    onCleanup(() => {
      ending.abort();
      clearTimeout(timer);
      setConnection("off");
    });
  });

  return { connection, progress, ended: (sessionId) => ends[sessionId], requests: [] };
}

function snapshot(status: SyncStatusShape): Progress {
  const { sessionId, syncType, revision, totalRequests, completedRequests, failedRequests } = status;
  const { percentComplete, itemsDone, itemsTotal, currentAction, reason, resumeAt, estimatedSecondsLeft } =
    status;
  return {
    sessionId,
    syncType,
    status: status.status,
    revision,
    totalRequests,
    completedRequests,
    failedRequests,
    percentComplete,
    itemsDone,
    itemsTotal,
    currentAction,
    reason,
    resumeAt,
    estimatedSecondsLeft,
  };
}

function theEnd(sync: SyncRecord, status: SyncStatusShape): Completion | Failure {
  const { sessionId, syncType, revision } = status;
  const summary = sync.summary ?? {};
  if (sync.status === "completed") return { sessionId, syncType, revision, status: "completed", summary };
  const message = sync.errorMessage ?? "";
  const code = sync.errorCode ?? sync.status;
  return {
    sessionId,
    syncType,
    revision,
    status: "failed",
    code,
    message,
    retryable: code !== "cancelled",
    summary,
  };
}

const LiveContext = createContext<Live>();

export const LiveProvider = LiveContext.Provider;

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === undefined) throw new Error("There is no live data around this component.");
  return live;
}
