import { type Accessor, createEffect, onCleanup } from "solid-js";

/** Keeps the screen on while something holds, where a browser can. It lets go when the page is hidden. */
export function createWakeLock(isHeld: Accessor<boolean>): void {
  createEffect(() => {
    if (!isHeld()) return;
    let lock: WakeLockSentinel | undefined;
    let isAsking = false;
    let isOver = false;
    const hold = async (): Promise<void> => {
      // It is there in a secure context alone.
      if (document.visibilityState !== "visible" || !("wakeLock" in navigator)) return;
      if (isAsking || lock?.released === false) return;
      isAsking = true;
      // Refused where the battery is low: then the screen goes off, and the sync goes on later.
      const got = await navigator.wakeLock.request("screen").catch(() => undefined);
      isAsking = false;
      if (isOver) await got?.release();
      else lock = got;
    };
    void hold();
    document.addEventListener("visibilitychange", hold);
    onCleanup(() => {
      isOver = true;
      document.removeEventListener("visibilitychange", hold);
      void lock?.release();
    });
  });
}
