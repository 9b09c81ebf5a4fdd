import { readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../../../tests/fixtures/protocol");

/** One of the messages that this suite and the Python one replay. */
export interface Example {
  readonly file: string;
  readonly sender: "client" | "server";
  readonly about: string;
  readonly fault?: string;
  readonly messageId?: string;
}

export function read(file: string): string {
  return readFileSync(join(FOLDER, file), "utf8");
}

export function examples(): readonly Example[] {
  return JSON.parse(read("index.json")).examples;
}
