import type { ClientRequest, IncomingMessage } from 'node:http'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, type ProxyOptions } from 'vite'

// `daybreak serve` answers the API under the same origin; while one edits, Vite serves the page and passes the API on.
const api = process.env['DAYBREAK_API'] ?? 'http://127.0.0.1:4747'

/** Passes on what a page of this server asks, under the name that the API expects. The API refuses what any other page asks. */
const toApi: ProxyOptions = {
  target: api,
  changeOrigin: true,
  ws: true,
  configure(proxy) {
    proxy.on('proxyReq', nameApi)
    proxy.on('proxyReqWs', nameApi)
  },
}

function nameApi(outgoing: ClientRequest, { headers }: IncomingMessage): void {
  for (const name of ['origin', 'referer'] as const)
    if (URL.parse(headers[name] ?? '')?.host === headers.host) outgoing.setHeader(name, api)
}

export default defineConfig({
  plugins: [react(), tailwindcss()],
  build: {
    target: 'es2023',
    // A page without inline scripts or styles passes the content security policy as it is.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    manifest: true,
    reportCompressedSize: false,
    // Read by packaging/stage.ts, and taken out there.
    license: { fileName: '.vite/licences.json' },
  },
  server: { host: '127.0.0.1', proxy: { '/api': toApi, '/docs': toApi } },
})
