import type { ConnectionState, SyncMessage } from "./events";
import type { CallMade } from "./fetching";

export const CALLS_MAX = 200;
export const SYNCS_MAX = 50;

/** How things stand, for a page that comes later. Of each sync the message with the highest revision counts. */
export class News {
  state: ConnectionState = { phase: "stopped", code: "not_started", sentence: "Not started." };
  readonly #syncs = new Map<string, SyncMessage>();
  #calls: CallMade[] = [];

  get syncs(): SyncMessage[] {
    return [...this.#syncs.values()];
  }

  /** The newest calls, oldest first. */
  get calls(): readonly CallMade[] {
    return this.#calls;
  }

  /** Keep a message; false where a newer one is known. */
  sync(message: SyncMessage): boolean {
    const { sessionId, revision } = message.data;
    const known = this.#syncs.get(sessionId);
    if (known !== undefined && known.data.revision > revision) return false;
    this.#syncs.set(sessionId, message);
    if (this.#syncs.size > SYNCS_MAX) {
      const [oldest] = this.syncs.sort((one, other) => one.data.revision - other.data.revision);
      if (oldest !== undefined) this.#syncs.delete(oldest.data.sessionId);
    }
    return true;
  }

  call(call: CallMade): void {
    this.#calls = [...this.#calls.slice(1 - CALLS_MAX), call];
  }

  /** Somebody else may sign in now. */
  forget(): void {
    this.#syncs.clear();
    this.#calls = [];
  }
}

/** Whether a sync still goes on. */
export function isActive(message: SyncMessage): boolean {
  const ended = ["completed", "failed", "cancelled"];
  return message.type === "sync_progress" && !ended.includes(message.data.status);
}
