import type { SftpSettings } from '../../functions/adapters/sftp/config.ts'
import { createSftpServers, type SftpServers } from '../../functions/adapters/sftp/servers.ts'
import { openSftpSource } from '../../functions/adapters/sftp/source.ts'
import type { Clock, LogEntry, SourceConnector } from '../../functions/pipeline/ports.ts'

type Server = Pick<SftpSettings, 'host' | 'port' | 'user' | 'hostKeys'>

export interface TestConnector {
  readonly connector: SourceConnector
  readonly logs: LogEntry[]
  /** Milliseconds of each pause between two attempts. */
  readonly pauses: number[]
}

/** A connector with short timeouts and a registry of its own, so that no test sees another's circuit. */
export function testConnector(
  server: Server & { readonly privateKey: Uint8Array },
  { servers = createSftpServers(), ...settings }: Partial<SftpSettings> & { servers?: SftpServers } = {},
): TestConnector {
  const { host, port, user, hostKeys, privateKey } = server
  const logs: LogEntry[] = []
  const pauses: number[] = []
  const clock: Clock = {
    now: () => Date.now(),
    sleep: async (milliseconds) => {
      pauses.push(milliseconds)
    },
  }
  const connector = openSftpSource({
    ...DEFAULTS,
    host,
    port,
    user,
    hostKeys,
    privateKey,
    clock,
    log: (entry) => logs.push(entry),
    random: () => 0.5,
    servers,
    ...settings,
  })
  return { connector, logs, pauses }
}

const DEFAULTS = {
  root: '/',
  connections: 2,
  connectTimeout: 2_000,
  inactivityTimeout: 400,
  minimumRate: 4_096,
  maxFileBytes: 268_435_456,
  attempts: 1,
}

/** All bytes of a read. */
export async function collect(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const all: Uint8Array[] = []
  for await (const chunk of chunks) all.push(chunk)
  return Buffer.concat(all)
}
