import type { ConnectionState, SyncMessage } from "./events";
import type { CallMade } from "./fetching";
import { newId } from "./identity";
import type { FromPage, FromWorker, Port, Setup } from "./port_messages";
import workerUrl from "./worker?worker&url";

/** Where tokens come from; the worker asks whenever it needs one. */
export interface PageTokens {
  /** One that is good for now; nothing where nobody is signed in. Throws where the server is not reached. */
  token(): Promise<string | undefined>;
  /** A new one: the last was refused. */
  renewed(): Promise<string | undefined>;
}

/** What a page is told. */
export interface Listener {
  /** How everything stands: at the start, and after the page was away. */
  snapshot(state: ConnectionState, syncs: readonly SyncMessage[], calls: readonly CallMade[]): void;
  state(state: ConnectionState): void;
  sync(message: SyncMessage): void;
  call(call: CallMade): void;
}

/** The page's end of the link to the worker. */
export interface Link {
  /** The user signed out: stop, and forget what is kept. */
  signOut(): void;
  /** The user knows that the server was set up anew: believe its next keys. */
  trustAnew(): void;
  /** Leave; other pages go on. */
  close(): void;
}

const TAB = "cratesync-tab";

/** Talk to a worker over this port, as one of its pages. */
export function linkTo(port: Port, setup: Setup, tokens: PageTokens, listener: Listener): Link {
  const say = (message: FromPage) => port.postMessage(message);
  port.onmessage = ({ data }: MessageEvent<FromWorker>) => {
    switch (data.kind) {
      case "snapshot":
        listener.snapshot(data.state, data.syncs, data.calls);
        break;
      case "state":
        listener.state(data.state);
        break;
      case "sync":
        listener.sync(data.message);
        break;
      case "call":
        listener.call(data.call);
        break;
      case "fault":
        console.error(data.sentence);
        break;
      case "beat":
        say({ kind: "here" });
        break;
      case "ask_token":
        void answer(data.askId, data.isRefused);
        break;
      default:
        data satisfies never;
    }
  };

  async function answer(askId: number, isRefused: boolean): Promise<void> {
    try {
      const token = await (isRefused ? tokens.renewed() : tokens.token());
      say(token === undefined ? { kind: "token", askId } : { kind: "token", askId, token });
    } catch {
      say({ kind: "token", askId, isUnreachable: true });
    }
  }

  const hello = () => say({ kind: "hello", setup });
  const bye = () => say({ kind: "bye" });
  const shown = (event: PageTransitionEvent) => event.persisted && hello();
  const looked = () => document.visibilityState === "visible" && say({ kind: "wake" });
  window.addEventListener("pagehide", bye);
  window.addEventListener("pageshow", shown);
  document.addEventListener("visibilitychange", looked);
  hello();

  const close = () => {
    window.removeEventListener("pagehide", bye);
    window.removeEventListener("pageshow", shown);
    document.removeEventListener("visibilitychange", looked);
    bye();
  };
  return {
    signOut: () => {
      say({ kind: "sign_out" });
      close();
    },
    trustAnew: () => say({ kind: "trust_anew" }),
    close,
  };
}

/** Connect to the worker of this account, starting it where there is none. */
export function connectProxy(
  where: Pick<Setup, "account" | "server" | "socketUrl" | "upstream">,
  tokens: PageTokens,
  listener: Listener,
): Link {
  if (typeof SharedWorker === "undefined") {
    return linkTo(ownWorker(), { ...where, tab: tabName() }, tokens, listener);
  }
  // The name parts accounts from each other, and servers below one origin.
  const options = { type: "module", name: `cratesync ${where.server} ${where.account}` } as const;
  // A reload of the only page would stop calls under way, which are paid for. Browsers that do not know it ignore the option:
  // https://developer.mozilla.org/docs/Web/API/SharedWorker/SharedWorker#extendedlifetime
  const worker = new SharedWorker(workerUrl, { ...options, extendedLifetime: true } as WorkerOptions);
  worker.onerror = () => console.error("The shared worker of this page could not be started.");
  return linkTo(worker.port, where, tokens, listener);
}

/** A worker of this tab alone. */
function ownWorker(): Port {
  const worker = new Worker(workerUrl, { type: "module" });
  worker.onerror = () => console.error("The worker of this page could not be started.");
  const { port1, port2 } = new MessageChannel();
  worker.postMessage("", [port2]);
  return port1;
}

/** A name for this tab that outlives a reload, and that no other tab has (a duplicated one finds it locked). */
function tabName(): string {
  try {
    const known = sessionStorage.getItem(TAB) ?? newId();
    sessionStorage.setItem(TAB, known);
    return known;
  } catch {
    return newId(); // storage is forbidden here
  }
}
