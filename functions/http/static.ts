import type { Request, Response } from '@google-cloud/functions-framework'
import { setSecurityHeaders } from './security.ts'

/** A file that is served as it is. */
interface StaticFile {
  readonly content: Buffer
  readonly brotli: Buffer | null
  readonly hash: string
}

/** Files by their path in the address. */
export type StaticFiles = ReadonlyMap<string, StaticFile>

const TYPES: Readonly<Record<string, string>> = {
  html: 'text/html; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
  png: 'image/png',
  ico: 'image/x-icon',
  woff2: 'font/woff2',
  json: 'application/json',
  webmanifest: 'application/manifest+json',
  txt: 'text/plain; charset=utf-8',
}

/**
 * Answers a path with its file. A path without one and without an ending is a screen of the page, which reads it itself. Files below
 * `/assets/` carry their hash in their name and never change.
 */
export function sendStatic(files: StaticFiles, path: string, request: Request, response: Response): void {
  setSecurityHeaders(response)
  if (request.method !== 'GET' && request.method !== 'HEAD')
    return void response.setHeader('Allow', 'GET, HEAD').status(405).end()
  const isScreen = !/\.[a-z0-9]{1,12}$/i.test(path)
  const name = files.has(path) ? path : isScreen ? '/index.html' : path
  const file = files.get(name)
  if (!file) return void response.status(404).type('text/plain').end('There is no such file.\n')
  const tag = `"${file.hash}"`
  response.setHeader('ETag', tag)
  response.setHeader('Vary', 'Accept-Encoding')
  response.setHeader('Content-Type', TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream')
  response.setHeader('Cache-Control', name.startsWith('/assets/') ? 'public, max-age=31536000, immutable' : 'no-cache')
  if (request.header('if-none-match') === tag) return void response.status(304).end()
  const takesBrotli = /\bbr\b/.test(request.header('accept-encoding') ?? '')
  if (file.brotli && takesBrotli) response.setHeader('Content-Encoding', 'br')
  response.status(200).end(file.brotli && takesBrotli ? file.brotli : file.content)
}
