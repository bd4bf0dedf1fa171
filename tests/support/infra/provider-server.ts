import { fileURLToPath } from 'node:url'
import {
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type sendUnaryData,
} from '@grpc/grpc-js'
import { loadSync } from '@grpc/proto-loader'
import { type BlockSchema, schemaOf } from './provider-schema.ts'

const PROTO = fileURLToPath(new URL('./tfplugin5.proto', import.meta.url))

export interface ProviderServer {
  /** Value of TF_REATTACH_PROVIDERS, by which Terraform finds it. */
  readonly reattach: string
  close(): void
}

/**
 * A provider `hashicorp/google` with schemas and nothing behind them: Terraform itself compares what is written with the
 * schema. It speaks the provider protocol over a port of this machine, so nothing is installed or downloaded.
 */
export async function serveProvider(types: readonly string[]): Promise<ProviderServer> {
  const server = new Server({ 'grpc.max_send_message_length': -1 })
  const answer = (reply: unknown) => (_: ServerUnaryCall<unknown, unknown>, done: sendUnaryData<unknown>) =>
    done(null, reply)
  const schemas = {
    provider: encoded(schemaOf('google')),
    resource_schemas: Object.fromEntries(types.map((type) => [type, encoded(schemaOf(type))])),
  }
  server.addService(providerService(), {
    GetSchema: answer(schemas),
    PrepareProviderConfig: (call: ServerUnaryCall<{ config: unknown }, unknown>, done: sendUnaryData<unknown>) =>
      done(null, { prepared_config: call.request.config }),
    ValidateResourceTypeConfig: answer({}),
    Stop: answer({}),
  })
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error ? reject(error) : resolve(bound),
    ),
  )
  const address = { Network: 'tcp', String: `127.0.0.1:${port}` }
  const found = { Protocol: 'grpc', ProtocolVersion: 5, Pid: process.pid, Test: true, Addr: address }
  return {
    reattach: JSON.stringify({ 'registry.terraform.io/hashicorp/google': found }),
    close: () => server.forceShutdown(),
  }
}

function providerService() {
  const loaded = loadPackageDefinition(loadSync(PROTO, { keepCase: true }))['tfplugin5']
  if (
    !loaded ||
    !('Provider' in loaded) ||
    typeof loaded['Provider'] !== 'function' ||
    !('service' in loaded['Provider'])
  ) {
    throw new Error(`${PROTO} has no service Provider`)
  }
  return loaded['Provider'].service as never
}

function encoded(schema: BlockSchema): unknown {
  return { version: 0, block: encodedBlock(schema) }
}

function encodedBlock({ attributes, blocks }: BlockSchema): unknown {
  return {
    attributes: attributes.map(({ type, ...attribute }) => ({ ...attribute, type: Buffer.from(JSON.stringify(type)) })),
    block_types: blocks.map(({ name, block, nesting, least, most }) => ({
      ...{ type_name: name, block: encodedBlock(block), nesting, min_items: least, max_items: most },
    })),
  }
}
