import { type Keeping, memoryKeeping } from "./keeping";
import type { TakeName } from "./names";

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
 * Two clients must not share an id: the one would take the other's requests back. So it belongs to whoever holds the place's
 * name; where another one does, this client goes by an id of its own and keeps nothing.
 */
export async function takeIdentity(keeping: Keeping, place: string, take: TakeName): Promise<Identity> {
  const release = await take(`cratesync ${place}`);
  const kept = release === undefined ? { ...memoryKeeping(), ...pinsOf(keeping) } : keeping;
  return { clientId: await kept.clientId(place, newId), keeping: kept, release: release ?? (() => {}) };
}

/** Whoever goes by an id of its own trusts the same keys all the same. */
function pinsOf(keeping: Keeping): Pick<Keeping, "pins" | "pin"> {
  return { pins: () => keeping.pins(), pin: (keys) => keeping.pin(keys) };
}
