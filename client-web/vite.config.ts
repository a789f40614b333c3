import { defineConfig } from "vite";

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
    // `npm run dev` against a server started with `vitrine demo` on its default address.
    proxy: {
      "/api": "http://127.0.0.1:8080",
      "/captions": "http://127.0.0.1:8080",
      "/demo": "http://127.0.0.1:8080",
      "/trust": "http://127.0.0.1:8080",
      "/ws": { target: "ws://127.0.0.1:8080", ws: true },
    },
  },
});
