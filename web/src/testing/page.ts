import type { ConnectionState, SyncMessage } from "../proxy/events";
import type { CallMade } from "../proxy/fetching";
import type { FromPage, FromWorker, Port, Setup } from "../proxy/port_messages";

/** A page at the other end of a port, that answers for a token and remembers what it was told. */
export class TestPage {
  readonly states: ConnectionState[] = [];
  readonly syncs: SyncMessage[] = [];
  readonly calls: CallMade[] = [];
  readonly faults: string[] = [];
  /** Whether a token was asked for because the last was refused, each time. */
  readonly asked: boolean[] = [];
  /** What it gives: a token, nothing (nobody is signed in), or no answer at all. */
  token: () => string | undefined | "no answer" = () => "token-1";
  readonly #near: MessagePort;
  readonly far: Port;

  constructor(private readonly setup: Setup) {
    const { port1, port2 } = new MessageChannel();
    this.#near = port1;
    this.far = port2 as unknown as Port;
    this.#near.onmessage = ({ data }) => this.#hear(data as FromWorker);
  }

  get state(): ConnectionState | undefined {
    return this.states.at(-1);
  }

  hello(): void {
    this.say({ kind: "hello", setup: this.setup });
  }

  say(message: FromPage): void {
    this.#near.postMessage(message);
  }

  close(): void {
    this.say({ kind: "bye" });
  }

  /** Let go of the port, so that the process can end. */
  end(): void {
    this.#near.close();
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case "snapshot":
        this.states.push(message.state);
        this.syncs.push(...message.syncs);
        this.calls.push(...message.calls);
        break;
      case "state":
        this.states.push(message.state);
        break;
      case "sync":
        this.syncs.push(message.message);
        break;
      case "call":
        this.calls.push(message.call);
        break;
      case "fault":
        this.faults.push(message.sentence);
        break;
      case "beat":
        this.say({ kind: "here" });
        break;
      case "ask_token": {
        this.asked.push(message.isRefused);
        const { askId } = message;
        const token = this.token();
        if (token === undefined) this.say({ kind: "token", askId });
        else if (token !== "no answer") this.say({ kind: "token", askId, token });
        break;
      }
      default:
        message satisfies never;
    }
  }
}
