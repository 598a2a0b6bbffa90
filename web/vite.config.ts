import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** Where `npm run dev` finds the simulators: `SMARTCALL_SIMULATORS=http://127.0.0.1:PORT npm run dev`. */
const simulators = process.env.SMARTCALL_SIMULATORS ?? "http://127.0.0.1:3978";

export default defineConfig({
  base: "./",
  plugins: [react()],
  build: { target: "es2022", chunkSizeWarningLimit: 1200 },
  server: { host: "127.0.0.1", proxy: { "/simulators": simulators, "/demo": simulators } },
});
