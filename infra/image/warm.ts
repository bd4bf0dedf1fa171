import { spawn, spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs'
import { flushCompileCache } from 'node:module'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

// Run by the Dockerfile in the finished product: fills Node's compile cache with what a starting process runs. What a file has in
// the cache is what the first process that met it had run by then, so the busiest goes first.

const cache = process.env['NODE_COMPILE_CACHE']
if (!cache) throw new Error('NODE_COMPILE_CACHE is not set; expected the folder to fill')
const home = mkdtempSync(join(tmpdir(), 'warm-'))
const env = {
  ...process.env,
  DAYBREAK_HOME: home,
  DAYBREAK_OPEN_TO_THIS_MACHINE: '1',
}

playANight()
await serveOnce()
await importEverything()
flushCompileCache()
makeReadable(cache)

/** A small night through the command line: plan to record, over the adapters of one machine. */
function playANight(): void {
  const exports = join(home, 'exports')
  run(['cli/daybreak.mjs', 'mock', '--locations', '1', '--days', '1', '--scale', '0.05', '--out', exports])
  run(['cli/daybreak.mjs', 'import', exports, '--time-zone', 'America/New_York', '--quiet'])
}

function run(args: readonly string[]): void {
  const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' })
  if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}: ${stderr}`)
}

/** The server, until it is ready and each of its paths has answered once. */
async function serveOnce(): Promise<void> {
  const server = spawn(process.execPath, ['functions/server.ts'], {
    env: { ...env, PORT: '0', HOST: '127.0.0.1' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = new Promise<number | null>((done) => server.on('exit', done))
  const port = await new Promise<string>((done, fail) => {
    let text = ''
    server.on('exit', () => fail(new Error(`the server did not start: ${text}`)))
    server.stdout.on('data', (chunk) => {
      text += chunk
      const [, found] = /on port (\d+)/.exec(text) ?? []
      if (found) done(found)
    })
  })
  const base = `http://127.0.0.1:${port}`
  const authorization = `Bearer ${readFileSync(join(home, 'token'), 'utf8').trim()}`
  const headers = { 'content-type': 'application/json', authorization }
  for (const path of ['/healthz', '/readyz']) await (await fetch(base + path)).text()
  for (const path of ['/tick', '/ingest', '/load', '/file-arrival', '/notify', '/backfill', '/dead-letter'])
    await (await fetch(base + path, { method: 'POST', headers, body: '{}' })).text()
  server.kill('SIGTERM')
  const code = await ended
  if (code !== 0) throw new Error(`the server ended with ${code}; expected 0 after SIGTERM`)
}

/** Everything else, the clients of Google among it: imported, never called, because a machine that builds may be on Google Cloud. */
async function importEverything(): Promise<void> {
  for (const path of readdirSync('functions', { recursive: true, encoding: 'utf8' }).toSorted())
    if (path.endsWith('.ts') && !/^(server|index)\.ts$/.test(path)) await import(resolve('functions', path))
}

/** The user that runs the image does not own its files. */
function makeReadable(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true }))
    chmodSync(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644)
  chmodSync(folder, 0o755)
}
