import { createRequire } from 'node:module'
import { Server, ServerCredentials, status } from '@grpc/grpc-js'
import { fromJSON, type PackageDefinition, type ServiceDefinition } from '@grpc/proto-loader'
import { z } from 'zod'
import { createSecrets, Refusal, type Secrets } from './secrets.ts'

const SERVICE = 'google.cloud.secretmanager.v1.SecretManagerService'
const require = createRequire(import.meta.url)

export type SecretFault =
  | { readonly kind: 'status'; readonly code: keyof typeof status }
  /** Never answers. */
  | { readonly kind: 'stall' }
  /** Turns over one bit of the payload. */
  | { readonly kind: 'flip' }

export interface SecretManagerServer {
  /** `127.0.0.1:PORT`: the endpoint for clients. */
  readonly address: string
  readonly secrets: Secrets
  /** Names that were asked for, the oldest first. */
  readonly calls: readonly string[]
  /** Hits the next so many calls. */
  fail(fault: SecretFault, times?: number): void
  close(): Promise<void>
}

/**
 * A Secret Manager on loopback, over gRPC with the definitions of Google's own package. It reads and describes versions; all other methods
 * are refused as UNIMPLEMENTED.
 */
export async function startSecretManagerServer(project: string): Promise<SecretManagerServer> {
  const secrets = createSecrets(project)
  const calls: string[] = []
  const faults: SecretFault[] = []
  const server = new Server()
  server.addService(definition(), {
    GetSecretVersion(call: { request: unknown }, done: (error: object | null, answer?: object) => void) {
      try {
        done(null, secrets.get(Request.parse(call.request).name))
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        done({ code: error.code, details: error.message })
      }
    },
    AccessSecretVersion(call: { request: unknown }, done: (error: object | null, answer?: object) => void) {
      const { name } = Request.parse(call.request)
      calls.push(name)
      const fault = faults.shift()
      if (fault?.kind === 'stall') return
      if (fault?.kind === 'status') return done({ code: status[fault.code], details: 'as the test told' })
      try {
        const answer = secrets.access(name)
        done(null, fault ? { ...answer, payload: { ...answer.payload, data: flipped(answer.payload.data) } } : answer)
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        done({ code: error.code, details: error.message })
      }
    },
  })
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    )
  })
  return {
    address: `127.0.0.1:${port}`,
    secrets,
    calls,
    fail: (fault, times = 1) => void faults.push(...Array.from({ length: times }, () => fault)),
    close: async () => server.forceShutdown(),
  }
}

const Request = z.object({ name: z.string() })

function definition(): ServiceDefinition {
  const all = fromJSON(require('@google-cloud/secret-manager/build/protos/protos.json'), { longs: String })
  const found = all[SERVICE]
  if (found && isService(found)) return found
  throw new Error(`${SERVICE} is not in the package's definitions`)
}

function isService(one: PackageDefinition[string]): one is ServiceDefinition {
  return !('format' in one)
}

function flipped(data: Buffer): Buffer {
  const copy = Buffer.from(data)
  copy[0] = (copy[0] ?? 0) ^ 1
  return copy
}
