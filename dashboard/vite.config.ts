import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

// `daybreak serve` answers the API under the same origin; while one edits, Vite serves the page and passes the API on.
const api = process.env['DAYBREAK_API'] ?? 'http://127.0.0.1:4747'

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: {
    target: 'es2023',
    // A page without inline scripts or styles passes the content security policy as it is.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    reportCompressedSize: false,
  },
  server: { host: '127.0.0.1', proxy: { '/api': { target: api, ws: true } } },
})
