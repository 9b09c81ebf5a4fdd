import type { SyncComplete, SyncError, SyncProgress, Welcome } from "../protocol/messages";
import type { CallMade } from "./fetching";

/** What the server says of syncs. */
export type SyncMessage = SyncProgress | SyncComplete | SyncError;

/** Why a connection is never given requests. */
export type WatchOnly = NonNullable<Welcome["watchOnly"]>;

/** Why there is no connection, and none will be tried for by itself. */
export type StopCode =
  | "not_started"
  | "signed_out"
  | "sign_in_refused"
  | "no_page"
  | "key_not_trusted"
  | "version_too_old"
  | "origin_refused"
  | "fault";

/** How it stands between this client and the server. `sentence`s are for people, where no better words are at hand. */
export type ConnectionState =
  | { readonly phase: "connecting" }
  /** No connection; the next try is made after so many milliseconds. */
  | { readonly phase: "waiting"; readonly retryMs: number; readonly sentence: string }
  /** Connected, and ready to fetch; perhaps another client of the user does. */
  | { readonly phase: "standing_by" }
  /** Connected, and making the calls. */
  | { readonly phase: "fetching" }
  /** Connected, and never given requests. */
  | { readonly phase: "watching"; readonly because: WatchOnly }
  | { readonly phase: "stopped"; readonly code: StopCode; readonly sentence: string };

/** Whoever is told what happens. */
export interface Observer {
  state(state: ConnectionState): void;
  sync(message: SyncMessage): void;
  call(call: CallMade): void;
  /** Something is wrong that a developer should see. Never holds a token. */
  fault(sentence: string): void;
}
