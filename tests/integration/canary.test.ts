import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { afterEach, describe, expect, it } from 'vitest'
import { makeKeyPair } from '../../cli/dev/sftp-keys.ts'
import { startSftpServer } from '../../cli/dev/sftp-server.ts'
import { openCloudLog } from '../../functions/adapters/logging/log.ts'
import { compose } from '../../functions/compose.ts'
import { loadProject } from '../../functions/config/project.ts'
import { createVirtualClock } from '../../functions/lib/virtual-clock.ts'
import type { LogEntry } from '../../functions/pipeline/ports.ts'
import { withProject } from '../support/project-on-disk.ts'
import { createSourceFolder } from '../support/source-folder.ts'

const NOW = Date.UTC(2026, 0, 3, 15)
const HASH_KEY = 'canary-hash-key-7f3a9c-of-32-bytes-or-more'
const PASSPHRASE = 'canary-passphrase-51b2'
const ROWS = ['canary-name-Jane', 'jane.canary@example.com', '4111 1111 1111 1111', 'canary-amount']

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** A server with one business date, of which every row is wrong and holds what must not be told. */
async function startServer(clientKey: string) {
  const folder = await createSourceFolder()
  closing.push(() => folder.close())
  const rows = `Order Id,Amount,Tax,Guest,Mail,Card\r\n1,${ROWS[3]},0.10,${ROWS[0]},${ROWS[1]},${ROWS[2]}\r\n`
  await folder.put('/1001/20260102/Orders.csv', rows, NOW - 3_600_000)
  await folder.put('/1001/20260102/Payments.csv', `Payment Id,Order Id,Amount\r\n"${ROWS[0]}`, NOW - 3_600_000)
  const hostKey = makeKeyPair('host').privateKey
  const server = await startSftpServer({ root: folder.root, port: 0, user: 'toast', hostKey, clientKey })
  closing.push(() => server.close())
  return server
}

interface Planted {
  readonly key: string
  readonly passphrase?: string
  readonly server: { readonly host: string; readonly port: number; readonly hostKeyFingerprint: string }
}

/** Runs the pipeline with these secrets in its configuration; gives all that anybody was told by it. */
async function toldBy({
  key,
  passphrase,
  server,
}: Planted): Promise<{ raw: string; lines: string; codes: readonly string[] }> {
  const entries: LogEntry[] = []
  const lines: string[] = []
  const write = (line: string) => void lines.push(line)
  const service = { name: 'daybreak', version: '1' }
  const cloud = openCloudLog({ write, now: () => NOW, newId: () => 'id', project: 'acme-test', service })
  const log = (entry: LogEntry) => {
    entries.push(entry)
    cloud(entry)
  }
  const environment = `version: 1
environment: local
sources:
  toast:
    kind: sftp
    host: ${server.host}
    port: ${server.port}
    user: toast
    private_key: secret://sftp_key
    ${passphrase === undefined ? '' : 'passphrase: secret://passphrase'}
    host_keys: ["${server.hostKeyFingerprint}"]
    attempts: 2
    connect_timeout: 5s
objects: { kind: folder, root: "\${DAYBREAK_HOME}/objects" }
warehouse: { kind: duckdb, path: "\${DAYBREAK_HOME}/warehouse.duckdb" }
ledger: { kind: sqlite, path: "\${DAYBREAK_HOME}/ledger.sqlite" }
queue: { kind: local, max_attempts: 1 }
privacy: { hash_key: secret://hash_key }
`
  return await withProject(
    async (projectDir) => {
      const secrets = join(projectDir, '.daybreak', 'secrets')
      await mkdir(secrets, { recursive: true })
      await writeFile(join(secrets, 'sftp_key'), key)
      await writeFile(join(secrets, 'hash_key'), HASH_KEY)
      await writeFile(join(secrets, 'passphrase'), passphrase ?? '')
      const project = await loadProject({ projectDir, environment: 'local', env: {} })
      const daybreak = await compose(project, { log, clock: createVirtualClock({ now: NOW }) })
      const scope = { windows: ['2026-01-02'], shards: ['1001'] }
      const run = await daybreak.start({ pipeline: 'toast', trigger: 'cli', scope })
      const failure = await daybreak.drive(run).catch((error: unknown) => error)
      const { ledger } = daybreak.ports
      const records = await Promise.all([
        ledger.runs({}),
        ledger.messages({}),
        ledger.incidents({}),
        ledger.slices({}),
        ledger.deliveries({}),
        ledger.checks({}),
        ledger.audit({}),
      ])
      await daybreak.close()
      const codes = records[2].map(({ reason }) => reason.code)
      return { raw: everything([entries, records, failure]), lines: lines.join(''), codes }
    },
    { 'config/environments/local.yaml': environment },
  )
}

/** A value as text, with all that errors hide: their stacks, and what caused them. */
function everything(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) =>
    one instanceof Error ? { ...one, text: String(one), stack: one.stack, cause: one.cause } : one,
  )
}

/** The middle of each line of a key, which is the secret part of it. */
function secretsIn(key: string): readonly string[] {
  return key
    .split('\n')
    .filter((line) => line.length > 20 && !line.startsWith('---'))
    .map((line) => line.slice(4, 40))
}

describe('what is planted in the configuration never appears in a log, an error or the ledger', () => {
  const known = makeKeyPair('known')
  const stranger = makeKeyPair('stranger')
  const locked = ssh2.utils.generateKeyPairSync('ed25519', { passphrase: 'another', cipher: 'aes256-ctr', rounds: 1 })
  const unreachable = { host: '127.0.0.1', port: 1, hostKeyFingerprint: `SHA256:${'A'.repeat(43)}` }

  it.each<[string, () => Promise<Planted>, string]>([
    ['a key that is none', async () => ({ key: 'canary-key-is-no-key-30c1\n', server: unreachable }), 'SECRET_INVALID'],
    [
      'a wrong passphrase',
      async () => ({ key: locked.private, passphrase: PASSPHRASE, server: unreachable }),
      'SECRET_INVALID',
    ],
    ['a server that is not there', async () => ({ key: known.privateKey, server: unreachable }), 'SOURCE_CIRCUIT_OPEN'],
    [
      'a server that refuses the key',
      async () => ({ key: stranger.privateKey, server: await startServer(known.publicKey) }),
      'SOURCE_AUTH_FAILED',
    ],
    [
      'a server with another host key',
      async () => ({
        key: known.privateKey,
        server: { ...(await startServer(known.publicKey)), hostKeyFingerprint: unreachable.hostKeyFingerprint },
      }),
      'SOURCE_HOST_KEY_MISMATCH',
    ],
    [
      'rows that cannot be accepted',
      async () => ({ key: known.privateKey, server: await startServer(known.publicKey) }),
      'REJECT_BUDGET_EXCEEDED',
    ],
  ])('%s', async (_, plant, code) => {
    const planted = await plant()
    const { raw, lines, codes } = await toldBy(planted)

    expect(codes).toContain(code)
    expect(lines).not.toBe('')
    const canaries = [HASH_KEY, PASSPHRASE, ...ROWS, 'canary-', ...secretsIn(planted.key)]
    for (const canary of canaries) {
      expect(raw).not.toContain(canary)
      expect(lines).not.toContain(canary)
    }
  })
})
