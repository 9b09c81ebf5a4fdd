import type { AddressInfo } from "node:net";
import { type WebSocket as Socket, WebSocketServer } from "ws";
import { Signer } from "./signer";

interface Said {
  readonly id: string;
  readonly type: string;
  readonly data: Record<string, unknown>;
}

/** One socket at the server's end: what was said on it, waited for by its type. */
export class Wire {
  readonly said: Said[] = [];
  readonly connectionId: string;
  #waiting: (() => void)[] = [];
  isClosed = false;

  constructor(
    private readonly server: FakeServer,
    private readonly socket: Socket,
    number: number,
  ) {
    this.connectionId = `connection-${number}`;
    socket.on("message", (frame) => {
      this.said.push(JSON.parse(String(frame)));
      this.#wake();
    });
    socket.on("close", () => {
      this.isClosed = true;
      this.#wake();
    });
  }

  say(type: string, data: object): void {
    this.socket.send(JSON.stringify({ id: "s", type, data }));
  }

  raw(frame: string): void {
    this.socket.send(frame);
  }

  /** Wait for the next message of this type. */
  async hear(type: string): Promise<Said> {
    for (;;) {
      const at = this.said.findIndex((said) => said.type === type);
      const [said] = at < 0 ? [] : this.said.splice(at, 1);
      if (said !== undefined) return said;
      if (this.isClosed) throw new Error(`The client closed before it said ${type}.`);
      await this.#news();
    }
  }

  /** The sign-in: wait for it, and take it. */
  async welcome(more: object = {}): Promise<Said> {
    const said = await this.hear("authenticate");
    this.say("authenticated", {
      connectionId: this.connectionId,
      userId: "user-1",
      serverTime: new Date().toISOString(),
      frameBytesMax: this.server.frameBytesMax,
      protocolVersion: 1,
      signingKeys: this.server.keys.map((key) => key.offer()),
      ...more,
    });
    return said;
  }

  ask(url: string, requestId = "req-1", attempt = 1): void {
    const [key = new Signer()] = this.server.keys;
    const expiresAt = new Date(Date.now() + 25_000).toISOString();
    this.say(
      "discogs_api_request",
      key.request({ url, requestId, attempt, expiresAt, connectionId: this.connectionId }),
    );
  }

  ack(requestId: string): void {
    this.say("response_ack", { requestId, outcome: "accepted" });
  }

  async closed(): Promise<void> {
    while (!this.isClosed) await this.#news();
  }

  close(code: number, reason = ""): void {
    this.socket.close(code, reason);
  }

  cut(): void {
    this.socket.terminate();
  }

  #news(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  #wake(): void {
    for (const tell of this.#waiting.splice(0)) tell();
  }
}

/** A server that says what a test tells it to say. */
export class FakeServer {
  frameBytesMax = 100_000;
  keys = [new Signer("k1")];
  readonly #server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  readonly #wires: Wire[] = [];
  readonly #waiting: ((wire: Wire) => void)[] = [];
  #count = 0;

  private constructor() {
    this.#server.on("connection", (socket) => {
      this.#count += 1;
      const wire = new Wire(this, socket, this.#count);
      const tell = this.#waiting.shift();
      if (tell === undefined) this.#wires.push(wire);
      else tell(wire);
    });
  }

  static async start(): Promise<FakeServer> {
    const server = new FakeServer();
    await new Promise((resolve) => server.#server.on("listening", resolve));
    return server;
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}/ws`;
  }

  /** How many sockets there ever were. */
  get count(): number {
    return this.#count;
  }

  /** The next socket. */
  async dialled(): Promise<Wire> {
    const wire = this.#wires.shift();
    return wire ?? (await new Promise((resolve) => this.#waiting.push(resolve)));
  }

  async stop(): Promise<void> {
    for (const client of this.#server.clients) client.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
