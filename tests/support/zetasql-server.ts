import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { Client, credentials } from '@grpc/grpc-js'
import { loadSync, type ServiceDefinition } from '@grpc/proto-loader'

const FOLDER = join(import.meta.dirname, '../../node_modules/@fivetrandevelopers/zetasql/lib/zetasql')
const BINARY = join(FOLDER, `remote_server${process.arch === 'arm64' ? '_arm' : ''}${suffixOf(process.platform)}`)
const SERVICE = 'zetasql.local_service.ZetaSqlLocalService'
const LARGEST = 256 * 1024 * 1024

/** True if the package has a server for this machine. */
export const hasZetasql = existsSync(BINARY)

/** Google's SQL analyser and evaluator, in a process of its own. */
export interface ZetasqlServer {
  /** Calls a method of `local_service.proto`. Rejects with a gRPC error; what is wrong with SQL is in its `details`. */
  call(method: string, request: object): Promise<unknown>
  close(): Promise<void>
}

/** Starts the server, which takes a fraction of a second. It dies with this process, however that dies. */
export async function startZetasqlServer(): Promise<ZetasqlServer> {
  if (!hasZetasql) throw new Error(`skipped: not present: ${BINARY}`)
  const service = readService()
  const port = await freePort()
  // A shell that waits for the end of its input, because a test process that is killed cannot stop what it started.
  const script = '"$0" "$@" >/dev/null 2>&1 & server=$!; read -r _; kill -9 $server'
  const child = spawn('/bin/sh', ['-c', script, BINARY, '127.0.0.1', String(port)], {
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

function readService(): ServiceDefinition {
  const definition = loadSync('local_service.proto', {
    includeDirs: [join(FOLDER, 'protos')],
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

function suffixOf(platform: string): string {
  return platform === 'darwin' ? '' : '.so'
}
