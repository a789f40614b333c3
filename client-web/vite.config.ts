import { defineConfig } from "vite";

const server = process.env["VITRINE_URL"] ?? "http://127.0.0.1:8080";

// No framework plugin: esbuild compiles TSX for Preact by itself.
export default defineConfig({
  esbuild: { jsx: "automatic", jsxImportSource: "preact" },
  build: {
    target: "es2022",
    // Pages run under a strict content security policy: nothing inlined, nothing from outside.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    // `npm run dev` (and `npx vite preview`) against a running server.
    proxy: Object.fromEntries(
      ["/api", "/captions", "/demo-assets", "/pictures", "/trust", "/ws"].map((path) => [
        path,
        { target: server, ws: path === "/ws" },
      ]),
    ),
  },
});
