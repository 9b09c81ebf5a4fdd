import type { ConnectionState, SyncMessage } from "./events";
import type { CallMade } from "./fetching";

/** What a page knows and the worker has to be told. */
export interface Setup {
  /** Who is signed in: the id of the account. */
  readonly account: string;
  /** The address of the server, which also names what is kept for it. */
  readonly server: string;
  readonly socketUrl: string;
  /** The API that calls go to, by the page's own configuration. */
  readonly upstream: string;
  /** A name for this tab that outlives a reload, where the worker is the tab's own. */
  readonly tab?: string;
}

/** What a page says to the worker. */
export type FromPage =
  | { readonly kind: "hello"; readonly setup: Setup }
  /** The answer to `beat`. */
  | { readonly kind: "here" }
  /** The answer to `ask_token`. */
  | {
      readonly kind: "token";
      readonly askId: number;
      readonly token?: string;
      readonly isUnreachable?: boolean;
    }
  | { readonly kind: "wake" }
  /** The page is closed, or put away. */
  | { readonly kind: "bye" }
  | { readonly kind: "sign_out" }
  /** The user says that the server was set up anew: believe the next keys. */
  | { readonly kind: "trust_anew" };

/** What the worker says to a page. */
export type FromWorker =
  | {
      readonly kind: "snapshot";
      readonly state: ConnectionState;
      readonly syncs: readonly SyncMessage[];
      readonly calls: readonly CallMade[];
    }
  | { readonly kind: "state"; readonly state: ConnectionState }
  | { readonly kind: "sync"; readonly message: SyncMessage }
  | { readonly kind: "call"; readonly call: CallMade }
  | { readonly kind: "fault"; readonly sentence: string }
  | { readonly kind: "beat" }
  | { readonly kind: "ask_token"; readonly askId: number; readonly isRefused: boolean };

/** As much of a `MessagePort` as is needed. */
export interface Port {
  postMessage(message: FromPage | FromWorker): void;
  onmessage: ((event: MessageEvent) => void) | null;
}
