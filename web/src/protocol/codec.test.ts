import { describe, expect, test } from "vitest";
import { answered, answerFrame, unanswered } from "../proxy/answers";
import { type Example, examples, read } from "../testing/examples";
import { decodeServerMessage, encode, MalformedMessage } from "./codec";
import type { ApiResponse, DiscogsApiResponse } from "./messages";

const ours = examples().filter((example) => example.sender === "server");

function faultOf(example: Example): unknown {
  try {
    return decodeServerMessage(read(example.file));
  } catch (fault) {
    return fault;
  }
}

describe("what a server says", () => {
  test.each(ours.filter(({ fault }) => fault === undefined))("is read: $file", ({ file }) => {
    expect(decodeServerMessage(read(file))).toEqual(JSON.parse(read(file)));
  });

  test.each(ours.filter(({ fault }) => fault !== undefined))("is refused: $file", (example) => {
    const fault = faultOf(example);
    expect(fault).toBeInstanceOf(MalformedMessage);
    expect(fault).toMatchObject({ code: example.fault });
    expect((fault as MalformedMessage).messageId).toBe(example.messageId);
  });

  test("is refused where it is no text at all", () => {
    expect(() => decodeServerMessage(new ArrayBuffer(2))).toThrow("not valid JSON");
  });

  test("is told in no fault", () => {
    const frame = JSON.stringify({
      id: "1",
      type: "response_ack",
      data: { requestId: 7, outcome: "canary" },
    });
    expect(() => decodeServerMessage(frame)).toThrow("The message has the wrong shape at .data.requestId.");
  });
});

describe("what a client says", () => {
  const answers = examples().filter(({ file }) => file.startsWith("client/response"));

  test.each(answers)("is written as in the example: $file", ({ file }) => {
    const example: DiscogsApiResponse = JSON.parse(read(file));
    const said = JSON.parse(answerFrame(answerOf(example.data), new Date(example.timestamp ?? ""), 1e6));
    const { headers = {}, body = null, ...rest } = example.data;
    expect(said).toEqual({ ...example, data: { headers, body, ...rest } });
  });

  test.each(["client/authenticate-with-client.json", "client/ping.json", "client/pong.json"])(
    "is written as it stands: %s",
    (file) => expect(JSON.parse(encode(JSON.parse(read(file))))).toEqual(JSON.parse(read(file))),
  );
});

function answerOf(data: ApiResponse) {
  const body = typeof data.body === "string" ? data.body : JSON.stringify(data.body);
  const attempt = data.attempt ?? 1;
  if (data.error) return { ...unanswered(data.requestId, data.error), attempt };
  const headers = Object.entries(data.headers ?? {});
  const bytes = new TextEncoder().encode(body);
  return { ...answered(data.requestId, data.status, headers, bytes, "ratelimit"), attempt };
}
