import { afterEach, expect, test, vi } from "vitest";
import { ApiFault, call } from "./client";

afterEach(() => vi.unstubAllGlobals());

function answering(status: number, body: string) {
  vi.stubGlobal("document", { baseURI: "http://page.example/below/" });
  const asked = vi.fn(
    async (_url: string, _init: RequestInit) => new Response(status === 204 ? null : body, { status }),
  );
  vi.stubGlobal("fetch", asked);
  return asked;
}

test("a call goes below the page's own folder, with the token", async () => {
  const asked = answering(200, '{"total": 3}');
  expect(await call("/api/collection", {}, "abc")).toEqual({ total: 3 });
  const [url, init] = asked.mock.calls[0] ?? [];
  expect(url).toBe("http://page.example/below/api/collection");
  expect(new Headers(init?.headers).get("Authorization")).toBe("Bearer abc");
  expect(init?.credentials).toBe("omit");
});

test("an error is told by its code and its sentence", async () => {
  answering(409, '{"code": "sync_already_active", "message": "One runs.", "sessionId": "7"}');
  const fault = await call("/api/x").catch((error: unknown) => error);
  expect(fault).toBeInstanceOf(ApiFault);
  expect(fault).toMatchObject({
    code: "sync_already_active",
    status: 409,
    message: "One runs.",
    more: { sessionId: "7" },
  });
});

test("what is no JSON is unreadable, and no answer is unreachable", async () => {
  answering(502, "<html>");
  await expect(call("/api/x")).rejects.toMatchObject({ code: "unreadable", status: 502 });
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("failed")));
  await expect(call("/api/x")).rejects.toMatchObject({ code: "unreachable", status: 0 });
});
