import { type Accessor, createContext, createEffect, createMemo, onCleanup, useContext } from "solid-js";
import { createStore, reconcile } from "solid-js/store";
import type { History, SyncStatusShape } from "../api/schema";
import type { Completion, Failure, Progress } from "../protocol/messages";
import type { Account } from "./account";

/** What is known of one sync: its newest message. */
export type LiveSync = Progress | Completion | Failure;

/** How it stands between this browser and the server. */
export type ConnectionState =
  | { readonly phase: "connecting" }
  | { readonly phase: "waiting"; readonly retryMs: number; readonly sentence: string }
  | { readonly phase: "standing_by" }
  | { readonly phase: "fetching" }
  | { readonly phase: "watching"; readonly because: string }
  | { readonly phase: "stopped"; readonly code: string; readonly sentence: string };

/** One call that this browser made to Discogs. */
export interface CallMade {
  readonly requestId: string;
  readonly attempt: number;
  readonly path: string;
  readonly status: number;
  readonly code?: string;
  readonly milliseconds: number;
  readonly at: string;
}

/** How things stand, as it happens. */
export interface LiveState {
  connection: ConnectionState;
  /** By `sessionId`; of each sync the message with the highest revision. */
  syncs: Readonly<Record<string, LiveSync>>;
  /** The calls made in the user's name, newest first. */
  calls: readonly CallMade[];
}

export interface Live {
  readonly state: LiveState;
  /** The syncs that still go on. */
  readonly active: Accessor<readonly Progress[]>;
  /** Be told when a sync ends while the page looks on. Gives how to stop it. */
  onEnded(told: (ended: LiveSync) => void): () => void;
}

const LOOK_MS = 1000;
const IDLE_LOOK_MS = 4000;
const SYNCS_LOOKED_AT = 4;
const START: LiveState = {
  connection: { phase: "stopped", code: "not_started", sentence: "" },
  syncs: {},
  calls: [],
};

/** Asks again and again, for as long as somebody is signed in. */
export function createLive(account: Account): Live {
  const [state, setState] = createStore<LiveState>(structuredClone(START));
  const ended = new Set<(sync: LiveSync) => void>();
  const userId = createMemo(() => account.me()?.id);

  const look = async (signal: AbortSignal): Promise<void> => {
    const history = await account.call<History>(`/api/discogs/syncs?limit=${SYNCS_LOOKED_AT}`, { signal });
    for (const { sessionId } of history.items) {
      const before = state.syncs[sessionId];
      if (before !== undefined && !isOn(before.status)) continue;
      const status = await account.call<SyncStatusShape>(`/api/discogs/syncStatus/${sessionId}`, { signal });
      const now = told(status);
      setState("syncs", reconcile({ ...state.syncs, [sessionId]: now }));
      if (before !== undefined && !isOn(now.status)) for (const tell of ended) tell(now);
    }
  };

  createEffect(() => {
    if (userId() === undefined) return;
    const ending = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const goOn = async (): Promise<void> => {
      await look(ending.signal).then(
        () => setState("connection", reconcile<ConnectionState, ConnectionState>({ phase: "standing_by" })),
        () => undefined,
      );
      if (!ending.signal.aborted) timer = setTimeout(goOn, active().length > 0 ? LOOK_MS : IDLE_LOOK_MS);
    };
    setState("connection", reconcile<ConnectionState, ConnectionState>({ phase: "connecting" }));
    void goOn();
    onCleanup(() => {
      ending.abort();
      clearTimeout(timer);
      setState(reconcile(structuredClone(START)));
    });
  });

  const active = createMemo(() => Object.values(state.syncs).filter(isProgress));
  return {
    state,
    active,
    onEnded: (tell) => {
      ended.add(tell);
      return () => ended.delete(tell);
    },
  };
}

export const LiveContext = createContext<Live>();

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === undefined) throw new Error("There is no live state around this component.");
  return live;
}

const isOn = (status: string): boolean => !["completed", "failed", "cancelled"].includes(status);

function isProgress(sync: LiveSync): sync is Progress {
  return "percentComplete" in sync && sync.status !== "cancelled";
}

function told(status: SyncStatusShape): LiveSync {
  const { sessionId, syncType, revision } = status;
  const summary = status.summary ?? {};
  if (status.status === "completed") return { sessionId, syncType, revision, status: "completed", summary };
  if (status.status === "failed") {
    const message = status.errorMessage ?? "";
    const code = status.errorCode ?? "";
    return { sessionId, syncType, revision, status: "failed", code, message, retryable: true, summary };
  }
  const { totalRequests, completedRequests, failedRequests, percentComplete, itemsDone, itemsTotal } = status;
  const { currentAction, reason, resumeAt, estimatedSecondsLeft } = status;
  return {
    sessionId,
    syncType,
    revision,
    status: status.status,
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
