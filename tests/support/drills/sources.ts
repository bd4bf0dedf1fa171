import { utimes } from 'node:fs/promises'
import { createServer } from 'node:net'
import { onTestFinished } from 'vitest'
import type { ErrorCode } from '../../../functions/errors.ts'
import {
  aFolder,
  type FaultAnswer,
  type FaultFile,
  type FaultScript,
  type FaultSftp,
  startFaultSftp,
} from '../fault-sftp.ts'
import { type Drill, printed } from './drill.ts'
import { ENVIRONMENT, type Home, NOW, ORDERS, orders, payments } from './home.ts'

const FOLDER = '/1001/20990302'
const DENIED = 3
const run = async (home: Home) => printed(await home.run('daybreak run toast'))

/** Faults that change while the server runs. */
type Script = { -readonly [Key in keyof FaultScript]: FaultScript[Key] }
interface Served {
  readonly script: Script & { files: Record<string, FaultFile>; folders: Record<string, readonly FaultAnswer[]> }
  readonly server: FaultSftp
}

const served = new WeakMap<Home, Served>()

/** Serves the files of the day over SFTP, and makes the server the source of the project. */
async function overSftp(home: Home, faults: FaultScript = {}): Promise<Served> {
  const contents = { 'Orders.csv': Buffer.from(orders()), 'Payments.csv': Buffer.from(payments()) }
  const files: Record<string, FaultFile> = {}
  for (const [name, content] of Object.entries(contents))
    files[`${FOLDER}/${name}`] = { bytes: content.length, content }
  const folders = {
    '/': [[{ name: '1001', attrs: aFolder }]],
    '/1001': [[{ name: '20990302', attrs: aFolder }]],
    [FOLDER]: [Object.entries(contents).map(([name, { length }]) => ({ name, attrs: { size: length } }))],
  }
  const script = { ...faults, files, folders }
  const server = await startFaultSftp(script)
  onTestFinished(() => server.close())
  await home.write('keys/client', server.privateKey)
  const source = `{ kind: sftp, host: 127.0.0.1, port: ${server.port}, user: toast, private_key: ${home.path('keys/client')}, host_keys: ["${server.hostKeys[0]}"], attempts: 1, minimum_age: 0s, root: / }`
  await home.edit(ENVIRONMENT, '{ kind: folder, root: inbox }', source)
  const found = { script, server }
  served.set(home, found)
  return found
}

const servedTo = (home: Home): Served =>
  served.get(home) ??
  (() => {
    throw new Error('nothing is served')
  })()

/** A server on loopback that says a line and hangs up; its port. */
async function startTalker(line: string): Promise<number> {
  const server = createServer((socket) => socket.on('error', () => undefined).end(line))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

/** Drills of servers, of their files and of clocks. */
export const SOURCES = {
  SOURCE_UNREACHABLE: {
    async provoke(home) {
      const { server } = await overSftp(home)
      await home.edit(ENVIRONMENT, `port: ${server.port}`, 'port: 1')
      return await run(home)
    },
    person: (home) => home.edit(ENVIRONMENT, 'port: 1', `port: ${servedTo(home).server.port}`),
  },
  SOURCE_NOT_SFTP: {
    async provoke(home) {
      const { server } = await overSftp(home)
      const port = await startTalker('HTTP/1.1 400 Bad Request\r\n\r\n')
      await home.edit(ENVIRONMENT, `port: ${server.port}`, `port: ${port}`)
      return await run(home)
    },
    person: async (home) =>
      home.write(
        ENVIRONMENT,
        (await home.read(ENVIRONMENT)).replace(/port: \d+/, `port: ${servedTo(home).server.port}`),
      ),
  },
  SOURCE_HOST_KEY_MISMATCH: {
    async provoke(home) {
      const { server } = await overSftp(home)
      await home.edit(ENVIRONMENT, server.hostKeys[0] ?? '', `SHA256:${'A'.repeat(43)}`)
      return await run(home)
    },
    person: (home) => home.edit(ENVIRONMENT, `SHA256:${'A'.repeat(43)}`, servedTo(home).server.hostKeys[0] ?? ''),
  },
  SOURCE_ALGORITHMS: {
    async provoke(home) {
      await overSftp(home, { algorithms: { kex: ['diffie-hellman-group14-sha1'] } })
      return await run(home)
    },
    async person(home) {
      const { server } = servedTo(home)
      await home.edit(
        ENVIRONMENT,
        (await home.read(ENVIRONMENT)).match(/\{ kind: sftp.*\}/)?.[0] ?? '',
        '{ kind: folder, root: inbox }',
      )
      await server.close()
      await overSftp(home)
    },
  },
  SOURCE_AUTH_FAILED: {
    async provoke(home) {
      await overSftp(home, { mayLogIn: false })
      return await run(home)
    },
    person: async (home) => Object.assign(servedTo(home).script, { mayLogIn: true }),
  },
  SECRET_INVALID: {
    async provoke(home) {
      await overSftp(home)
      await home.write('keys/client', 'no key')
      return await run(home)
    },
    person: (home) => home.write('keys/client', servedTo(home).server.privateKey),
  },
  SOURCE_ROOT_MISSING: {
    async provoke(home) {
      await overSftp(home)
      await home.edit(ENVIRONMENT, 'root: / }', 'root: /exports }')
      return await run(home)
    },
    person: (home) => home.edit(ENVIRONMENT, 'root: /exports }', 'root: / }'),
  },
  SOURCE_LISTING_FAILED: {
    async provoke(home) {
      await overSftp(home, { refuses: { [FOLDER]: DENIED } })
      return await run(home)
    },
    person: async (home) => Object.assign(servedTo(home).script, { refuses: {} }),
  },
  SOURCE_READ_FAILED: {
    async provoke(home) {
      const { script } = await overSftp(home)
      const file = script.files[`${FOLDER}/Orders.csv`]
      if (file) script.files[`${FOLDER}/Orders.csv`] = { ...file, refuses: { open: DENIED } }
      return await run(home)
    },
    async person(home) {
      const { files } = servedTo(home).script
      const file = files[`${FOLDER}/Orders.csv`]
      if (file) files[`${FOLDER}/Orders.csv`] = { ...file, refuses: {} }
    },
  },
  SOURCE_CLOCK: {
    async provoke(home) {
      await home.edit(ENVIRONMENT, 'root: inbox', 'root: inbox, minimum_age: 2m')
      await home.write(
        ORDERS,
        orders((row) => row.replace(/1\.00$/, '2.00')),
      )
      const ahead = NOW / 1_000 + 86_400
      await utimes(home.path(ORDERS), ahead, ahead)
      return `${await run(home)}\n${printed(await home.run('daybreak incidents list'))}`
    },
  },
  FILE_CHANGED: {
    async provoke(home) {
      await home.edit(ENVIRONMENT, 'root: inbox', 'root: inbox, minimum_age: 2m')
      let writes = 0
      const write = async () => {
        writes++
        await home.write(
          ORDERS,
          orders((row, n) => (n === writes ? row.replace(/,1\.00$/, ',2.00') : row)),
        )
        await utimes(home.path(ORDERS), home.clock.now() / 1_000, home.clock.now() / 1_000)
      }
      await write()
      // The sender writes on while the run waits for its second look.
      const clock = {
        now: home.clock.now,
        async sleep(milliseconds: number, signal?: AbortSignal) {
          if (writes < 10) await write()
          await home.clock.sleep(milliseconds, signal)
        },
      }
      await home.run('daybreak run toast', { clock })
      return printed(await home.run('daybreak incidents list'))
    },
    person: (home) => home.write(ORDERS, orders()),
  },
} satisfies Partial<Record<ErrorCode, Drill>>
