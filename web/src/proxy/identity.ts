import { type Keeping, memoryKeeping } from "./keeping";

/** How long a worker of the page that was here before may take to die. */
const FREE_WITHIN_MS = 2_000;

/** Under which id this client is known to the server, and where its answers are kept. */
export interface Identity {
  readonly clientId: string;
  readonly keeping: Keeping;
  /** Give the id back. */
  release(): void;
}

/** An id that nobody else has; `crypto.randomUUID` is missing where the page came by plain http. */
export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/**
 * The id of this place, so that a client that comes back gets its old requests and sends its old answers.
 *
 * Two clients must not share an id: the one would take the other's requests back. So it belongs to whoever holds a lock of its
 * name; where another one does, this client goes by an id of its own and keeps nothing. Without Web Locks (plain http) `place` has
 * to tell clients apart by itself.
 */
export async function takeIdentity(
  keeping: Keeping,
  place: string,
  locks: LockManager | undefined,
): Promise<Identity> {
  const release = locks === undefined ? () => {} : await lock(locks, `cratesync ${place}`);
  const kept = release === undefined ? { ...memoryKeeping(), ...pinsOf(keeping) } : keeping;
  return { clientId: await kept.clientId(place, newId), keeping: kept, release: release ?? (() => {}) };
}

/** Whoever goes by an id of its own trusts the same keys all the same. */
function pinsOf(keeping: Keeping): Pick<Keeping, "pins" | "pin"> {
  return { pins: () => keeping.pins(), pin: (keys) => keeping.pin(keys) };
}

/** Take a lock; gives how to let go of it, or nothing where somebody else keeps it. */
function lock(locks: LockManager, name: string): Promise<(() => void) | undefined> {
  return new Promise((resolve) => {
    locks
      .request(
        name,
        { signal: AbortSignal.timeout(FREE_WITHIN_MS) },
        () => new Promise<void>((letGo) => resolve(letGo)),
      )
      .catch(() => resolve(undefined));
  });
}
