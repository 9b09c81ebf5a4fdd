import solid from "vite-plugin-solid";
import { defineConfig } from "vitest/config";

// The tests' sockets are Node's own. Without them dozens of tests wait for one, and none says why.
if (process.env["VITEST"] !== undefined && typeof WebSocket === "undefined") {
  throw new Error(`The tests need Node 22 or newer, this is ${process.version}: run them by make test.`);
}

// Addresses in the page are relative, so that it works below any path of a proxy.
export default defineConfig({
  base: "./",
  plugins: [solid()],
  worker: { format: "es" },
  test: {
    environment: "node",
    include: ["src/**/*.test.ts"],
    // Solid's plugin has packages resolved as for a browser, where this one holds no server.
    alias: [{ find: /^ws$/, replacement: `${import.meta.dirname}/node_modules/ws/wrapper.mjs` }],
  },
  build: {
    outDir: "../src/cratesync/server/page/built",
    emptyOutDir: true,
    target: "es2022",
    sourcemap: false,
    // No `data:` addresses: the page's policy wants files.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
