import { createServer, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";

/** An API that answers as a test tells it to, and remembers who asked for what. */
export class FakeDiscogs {
  readonly calls: IncomingMessage[] = [];
  answer: RequestListener = (_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end('{"id": 1}');
  };
  readonly #server = createServer((request, response) => {
    this.calls.push(request);
    this.answer(request, response);
  });

  static async start(): Promise<FakeDiscogs> {
    const discogs = new FakeDiscogs();
    await new Promise<void>((resolve) => discogs.#server.listen(0, "127.0.0.1", resolve));
    return discogs;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}
