import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import {
  type handleBidiStreamingCall,
  type handleUnaryCall,
  Server,
  ServerCredentials,
  status,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js'
import { fromJSON, type PackageDefinition, type ServiceDefinition } from '@grpc/proto-loader'
import { z } from 'zod'

export type StatusName = keyof typeof status

/** A call that the server refuses, with the status of gRPC that Google answers. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly code: number

  constructor(code: StatusName, message: string) {
    super(message)
    this.code = status[code]
  }
}

/** Answers one call. What it throws becomes the status of the call. */
export type Method = (request: unknown) => unknown

/** Methods by service and name: `google.pubsub.v1.Publisher` and `Publish`. All others are refused as UNIMPLEMENTED. */
export type Services = Readonly<Record<string, Readonly<Record<string, Method>>>>

export interface Wire {
  readonly port: number
  close(): Promise<void>
}

const require = createRequire(import.meta.url)
const OPTIONS = { longs: String, enums: String, bytes: Buffer } as const

/** Serves gRPC on a free port of this machine, from the definitions that Google's own packages ship. */
export async function listen(services: Services): Promise<Wire> {
  const server = new Server()
  for (const [name, definition] of Object.entries(definitions()))
    server.addService(definition, implementation(name, definition, services[name] ?? {}))
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  return {
    port,
    async close() {
      server.forceShutdown()
    },
  }
}

function definitions(): Readonly<Record<string, ServiceDefinition>> {
  const iam = join(dirname(require.resolve('google-gax')), '../protos/iam_service.json')
  const all: PackageDefinition = {
    ...fromJSON(require('@google-cloud/pubsub/build/protos/protos.json'), OPTIONS),
    ...fromJSON(JSON.parse(readFileSync(iam, 'utf8')), OPTIONS),
  }
  const services: Record<string, ServiceDefinition> = {}
  for (const [name, definition] of Object.entries(all)) if (isService(definition)) services[name] = definition
  return services
}

function isService(definition: PackageDefinition[string]): definition is ServiceDefinition {
  return !('format' in definition)
}

function implementation(
  service: string,
  definition: ServiceDefinition,
  methods: Readonly<Record<string, Method>>,
): UntypedServiceImplementation {
  const handlers = Object.entries(definition).map(([name, { requestStream, responseStream }]) => {
    const refuse = () => new Refusal('UNIMPLEMENTED', `the local Pub/Sub does not do ${service}/${name}`)
    if (requestStream || responseStream) return [name, refuseStream(refuse)]
    return [name, unary(methods[name] ?? (() => Promise.reject(refuse())))]
  })
  return Object.fromEntries(handlers)
}

function refuseStream(refuse: () => Refusal): handleBidiStreamingCall<unknown, unknown> {
  return (stream) => void stream.emit('error', toStatus(refuse()))
}

function unary(method: Method): handleUnaryCall<unknown, unknown> {
  return (call, callback) => {
    Promise.resolve(call.request)
      .then(method)
      .then(
        (answer) => callback(null, answer),
        (error: unknown) => callback(toStatus(error)),
      )
  }
}

function toStatus(error: unknown): { code: number; details: string } {
  if (error instanceof Refusal) return { code: error.code, details: error.message }
  if (error instanceof z.ZodError) return { code: status.INVALID_ARGUMENT, details: z.prettifyError(error) }
  return { code: status.INTERNAL, details: error instanceof Error ? (error.stack ?? error.message) : String(error) }
}
