import { type Accessor, createContext, createEffect, createMemo, onCleanup, useContext } from "solid-js";
import { createStore, reconcile } from "solid-js/store";
import { address } from "../api/client";
import type { Completion, Failure, Progress } from "../protocol/messages";
import type { ConnectionState, SyncMessage } from "../proxy/events";
import type { CallMade } from "../proxy/fetching";
import { connectProxy, type Link, type Listener } from "../proxy/link";
import { CALLS_MAX, isActive, News } from "../proxy/news";
import type { Account } from "./account";

export type { CallMade, ConnectionState };

/** What is known of one sync: its newest message. */
export type LiveSync = Progress | Completion | Failure;

/** How things stand between this browser and the server, as it happens. */
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
  /** The user knows that the server was set up anew: believe its next signing keys. */
  trustAnew(): void;
}

const START: LiveState = {
  connection: { phase: "stopped", code: "not_started", sentence: "" },
  syncs: {},
  calls: [],
};

/** The link to the worker, for as long as somebody is signed in. */
export function createLive(account: Account): Live {
  const [state, setState] = createStore<LiveState>(structuredClone(START));
  const ended = new Set<(sync: LiveSync) => void>();
  let news = new News();
  let link: Link | undefined;

  const take = (message: SyncMessage): boolean => {
    if (!news.sync(message)) return false;
    // A copy: the store writes into what it is given, and the news has to stay as it was told.
    const known = structuredClone(news.syncs).map(({ data }) => [data.sessionId, data] as const);
    setState("syncs", reconcile(Object.fromEntries(known)));
    return true;
  };
  const listener: Listener = {
    snapshot(connection, syncs, calls) {
      setState("connection", reconcile(connection));
      for (const message of syncs) take(message);
      setState("calls", [...calls].reverse());
    },
    state: (connection) => setState("connection", reconcile(connection)),
    sync(message) {
      const before = news.syncs.find(({ data }) => data.sessionId === message.data.sessionId);
      if (!take(message) || before === undefined || !isActive(before) || isActive(message)) return;
      for (const tell of ended) tell(message.data);
    },
    call: (call) => setState("calls", (calls) => [call, ...calls.slice(0, CALLS_MAX - 1)]),
  };

  const userId = createMemo(() => account.me()?.id);
  createEffect(() => {
    const id = userId();
    if (id === undefined) return;
    link = connectProxy(whereOf(id), tokensOf(account), listener);
    onCleanup(() => {
      // Nobody is signed in any more, or somebody else: either way what is kept is not theirs.
      link?.signOut();
      link = undefined;
      news = new News();
      setState(reconcile(structuredClone(START)));
    });
  });

  const active = createMemo(() => Object.values(state.syncs).filter(isProgress));
  return {
    state,
    active,
    onEnded: (told) => {
      ended.add(told);
      return () => ended.delete(told);
    },
    trustAnew: () => link?.trustAnew(),
  };
}

export const LiveContext = createContext<Live>();

export function useLive(): Live {
  const live = useContext(LiveContext);
  if (live === undefined) throw new Error("There is no live state around this component.");
  return live;
}

function isProgress(sync: LiveSync): sync is Progress {
  return "percentComplete" in sync && sync.status !== "cancelled";
}

function tokensOf({ session }: Account) {
  return {
    token: () => session.token(),
    renewed: async () => {
      await session.resume();
      return session.token();
    },
  };
}

function whereOf(account: string) {
  const upstream = document.querySelector<HTMLMetaElement>('meta[name="cratesync-upstream"]');
  if (upstream === null) throw new Error("The page does not say which API it may call.");
  const server = address("");
  return { account, server, socketUrl: address("ws").replace(/^http/, "ws"), upstream: upstream.content };
}
