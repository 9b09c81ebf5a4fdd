import type { Clock } from "./clock";
import { newId } from "./identity";

/** How long a worker of the page that was here before may take to die. */
const FREE_WITHIN_MS = 2_000;
/** Whoever holds a name says so within this time, or is gone. */
const ANSWERED_WITHIN_MS = 300;

/** Take a name for this worker alone; gives how to let go of it, or nothing where another worker of this browser has it. */
export type TakeName = (name: string) => Promise<(() => void) | undefined>;

/** Where the browser itself sees to it that there is one worker of a name. */
export const unshared: TakeName = async () => () => {};

/** By Web Locks. */
export function byLock(locks: LockManager): TakeName {
  return (name) =>
    new Promise((resolve) => {
      locks
        .request(
          name,
          { signal: AbortSignal.timeout(FREE_WITHIN_MS) },
          () => new Promise<void>((letGo) => resolve(letGo)),
        )
        .catch(() => resolve(undefined));
    });
}

/** As much of a `BroadcastChannel` as is needed. */
export interface Channel {
  postMessage(message: Said): void;
  onmessage: ((event: MessageEvent<Said>) => void) | null;
  close(): void;
}

/** Of whoever asks for the name, or of whoever is told that it is held. */
interface Said {
  readonly kind: "asks" | "held";
  readonly asker: string;
}

/**
 * By asking all others, where browsers give no locks (plain http): who duplicates a tab duplicates its name, too. Of two that ask at
 * the same time the lesser id gets it.
 */
export function byAsking(open: (name: string) => Channel, clock: Clock, idOf = newId): TakeName {
  return (name) =>
    new Promise((resolve) => {
      const [channel, id] = [open(name), idOf()];
      let isMine = false;
      let isTaken = false;
      channel.onmessage = ({ data: { kind, asker } }) => {
        if (kind === "held") isTaken ||= asker === id && !isMine;
        else if (isMine || id < asker) channel.postMessage({ kind: "held", asker });
        else isTaken = true;
      };
      channel.postMessage({ kind: "asks", asker: id });
      clock.after(ANSWERED_WITHIN_MS, () => {
        isMine = !isTaken;
        if (isTaken) channel.close();
        resolve(isMine ? () => channel.close() : undefined);
      });
    });
}
