/// <reference lib="webworker" />
import { systemClock } from "./clock";
import { Core } from "./core";
import { openKeeping } from "./keeping";
import { byAsking, byLock, type TakeName, unshared } from "./names";
import type { Port } from "./port_messages";

// One entry for both kinds of worker: the shared one is given a port by each page, the other one by its only page.
const home = globalThis as unknown as SharedWorkerGlobalScope | DedicatedWorkerGlobalScope;
const isShared = "onconnect" in home;

const locks = navigator.locks as LockManager | undefined;

const core = new Core({
  clock: systemClock,
  random: Math.random,
  name: locks === undefined ? home.location.pathname : "",
  isShared,
  take: take(),
  keeping: (server, fault) => openKeeping(server, systemClock.now, fault),
  close: () => home.close(),
});

function take(): TakeName {
  if (locks !== undefined) return byLock(locks);
  return isShared ? unshared : byAsking((name) => new BroadcastChannel(name), systemClock);
}

function attach(event: MessageEvent): void {
  const [port] = event.ports;
  if (port !== undefined) core.attach(port as Port);
}

if ("onconnect" in home) home.onconnect = attach;
else home.onmessage = attach;

home.addEventListener("online", () => core.wake());
// Nobody sees the console of a worker: its page prints it.
home.addEventListener("error", (event) => core.fault(`In the worker: ${(event as ErrorEvent).message}`));
home.addEventListener("unhandledrejection", (event) =>
  core.fault(`In the worker: ${String((event as PromiseRejectionEvent).reason)}`),
);
