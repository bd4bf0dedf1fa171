import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join, resolve } from 'node:path'
import { Client, credentials } from '@grpc/grpc-js'
import type { ServiceDefinition } from '@grpc/proto-loader'
import { analyserMissing } from './errors.ts'

const PACKAGE = 'node_modules/@fivetrandevelopers/zetasql/lib/zetasql'
const SERVICE = 'zetasql.local_service.ZetaSqlLocalService'
const LARGEST = 256 * 1024 * 1024

/** Folder of the package with a server for this machine: in one of the folders, or above it. Null where there is none. */
export function findZetasql(folders: readonly string[]): string | null {
  for (const folder of folders) {
    for (let above = resolve(folder); ; above = dirname(above)) {
      const found = join(above, PACKAGE)
      if (existsSync(binaryIn(found))) return found
      if (dirname(above) === above) break
    }
  }
  return null
}

/** Google's SQL analyser and evaluator, in a process of its own. */
export interface ZetasqlServer {
  /** Calls a method of `local_service.proto`. Rejects with a gRPC error; what is wrong with SQL is in its `details`. */
  call(method: string, request: object): Promise<unknown>
  close(): Promise<void>
}

/**
 * Starts the server, which takes a fraction of a second. It dies with this process, however that dies.
 * @throws {DaybreakError} ANALYSER_MISSING where no folder has the package.
 */
export async function startZetasqlServer(folders: readonly string[]): Promise<ZetasqlServer> {
  const folder = findZetasql(folders)
  if (folder === null) throw analyserMissing(folders)
  const service = await readService(folder)
  const port = await freePort()
  // A shell that waits for the end of its input, because a test process that is killed cannot stop what it started.
  const script = '"$0" "$@" >/dev/null 2>&1 & server=$!; read -r _; kill -9 $server'
  const child = spawn('/bin/sh', ['-c', script, binaryIn(folder), '127.0.0.1', String(port)], {
    stdio: ['pipe', 'ignore', 'inherit'],
  })
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    'grpc.max_receive_message_length': LARGEST,
    'grpc.max_send_message_length': LARGEST,
    'grpc.initial_reconnect_backoff_ms': 20,
    'grpc.max_reconnect_backoff_ms': 50,
  })
  await ready(client)
  return {
    call: (method, request) => call(client, service, { method, request }),
    async close() {
      client.close()
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.stdin.end()
      await ended
    },
  }
}

function call(
  client: Client,
  service: ServiceDefinition,
  { method, request }: { readonly method: string; readonly request: object },
): Promise<unknown> {
  const definition = service[method]
  if (!definition) throw new TypeError(`the service has no method ${method}`)
  return new Promise((resolve, reject) => {
    client.makeUnaryRequest(
      definition.path,
      definition.requestSerialize,
      definition.responseDeserialize,
      request,
      (error, response) => (error ? reject(error) : resolve(response)),
    )
  })
}

function ready(client: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    client.waitForReady(Date.now() + 20_000, (error) => (error ? reject(error) : resolve()))
  })
}

async function readService(folder: string): Promise<ServiceDefinition> {
  // Of the tools of an author, as the package itself: absent where models only run.
  const { loadSync } = await import('@grpc/proto-loader').catch(() => {
    throw analyserMissing([folder])
  })
  const definition = loadSync('local_service.proto', {
    includeDirs: [join(folder, 'protos')],
    longs: String,
    enums: String,
    oneofs: true,
  })[SERVICE]
  if (!definition || 'format' in definition) throw new TypeError(`the package has no service ${SERVICE}`)
  return definition
}

/** The server takes no port 0. */
async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a port')
  return address.port
}

function binaryIn(folder: string): string {
  const suffix = process.platform === 'darwin' ? '' : '.so'
  return join(folder, `remote_server${process.arch === 'arm64' ? '_arm' : ''}${suffix}`)
}
