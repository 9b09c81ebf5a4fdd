/** What the server said at the sign-in, and what every request on that socket is judged by. Times in milliseconds. */
export interface SignIn {
  readonly connectionId: string;
  readonly userId: string;
  /** The trusted keys: id → base64 public key. */
  readonly keys: Keys;
  readonly serverTime: number;
  /** Our monotonic time when the server told its own. */
  readonly heardAt: number;
  readonly frameBytesMax: number;
}

/** Public keys in base64, by their ids. */
export type Keys = ReadonlyMap<string, string>;
