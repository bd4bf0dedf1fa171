import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { afterEach, expect, it } from 'vitest'
import type { Command } from '../../cli/command.ts'
import { dev } from '../../cli/commands/dev.ts'
import { makeKeyPair, parseKey } from '../../cli/dev/sftp-keys.ts'
import { createOutput } from '../../cli/output.ts'
import { collect, testConnector } from '../support/sftp.ts'
import { createSourceFolder } from '../support/source-folder.ts'

const run = promisify(execFile)
const SFTP = ['/usr/bin/sftp', '/usr/local/bin/sftp'].find((path) => existsSync(path))

const closing: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
})

/** Starts the command as a terminal would, and gives what it printed and the variables it exports. */
async function startDev() {
  const folder = await createSourceFolder()
  closing.push(() => folder.close())
  await folder.put('/root/7/20260101/a.csv', 'id\r\n1\r\n', 1_767_312_000_000)
  const stdout = new PassThrough()
  const abort = new AbortController()
  const sftp = (await dev.commands.sftp!()) as Command
  const context = { cwd: folder.root, env: {}, signal: abort.signal, stdout }
  const output = createOutput({ stdout, format: 'table', color: false, columns: null })
  const ended = sftp.run({
    args: { root: 'root', port: '0' },
    options: { projectDir: folder.root },
    context,
    output,
  } as never)
  closing.push(async () => {
    abort.abort()
    await ended
  })
  for (let turns = 0; stdout.readableLength === 0 && turns < 500; turns++) await wait(10)
  const text = String(stdout.read())
  const variables = Object.fromEntries(
    [...text.matchAll(/^export (\w+)='?([^'\n]+)'?$/gm)].map(([, key, value]) => [key, value]),
  )
  return { text, variables, folder, abort, ended }
}

it('`daybreak dev sftp` prints the variables with which Daybreak reads the folder', async () => {
  const { variables, folder } = await startDev()
  const { connector } = testConnector({
    host: variables.DAYBREAK_SFTP_HOST!,
    port: Number(variables.DAYBREAK_SFTP_PORT),
    user: variables.DAYBREAK_SFTP_USER!,
    hostKeys: [variables.DAYBREAK_SFTP_FINGERPRINT!],
    privateKey: await readFile(variables.DAYBREAK_SFTP_KEY!),
  })
  const source = await connector.connect()
  const [file] = (await source.listFiles('/7/20260101'))!.files

  expect(String(await collect(source.read(file!)))).toBe('id\r\n1\r\n')
  await source.close()
  expect((await stat(join(folder.root, '.daybreak/sftp/client_ed25519'))).mode & 0o777).toBe(0o600)
})

it('`daybreak dev sftp` prints variables that the local environment reads', async () => {
  const { variables } = await startDev()
  const local = await readFile('config/environments/local.yaml', 'utf8')

  for (const name of Object.keys(variables)) expect(local).toContain(`\${${name}:-`)
  expect(Object.keys(variables)).toHaveLength(5)
})

it('`daybreak dev sftp` keeps its keys, so what was pinned once stays valid', async () => {
  const { text, variables, abort, ended, folder } = await startDev()
  abort.abort()
  await ended
  const sftp = (await dev.commands.sftp!()) as Command
  const stdout = new PassThrough()
  const output = createOutput({ stdout, format: 'table', color: false, columns: null })
  const context = { cwd: folder.root, env: {}, signal: AbortSignal.abort(), stdout }
  await sftp.run({ args: { root: 'root', port: '0' }, options: { projectDir: folder.root }, context, output } as never)

  expect(text).toContain(variables.DAYBREAK_SFTP_FINGERPRINT)
  expect(String(stdout.read())).toContain(variables.DAYBREAK_SFTP_FINGERPRINT)
})

it('makes no key that cannot be read: of 600, ssh2 alone would make about two', () => {
  for (let made = 0; made < 600; made++) {
    const { privateKey, publicKey } = makeKeyPair('test')
    const signature = parseKey(privateKey)!.sign('data')
    expect(parseKey(publicKey)!.verify('data', signature)).toBe(true)
  }
})

it.skipIf(!SFTP)(
  `OpenSSH's own client reads from it and cannot write to it${SFTP ? '' : ' (skipped: not present)'}`,
  async () => {
    const { text, folder } = await startDev()
    const args = /^# sftp (.*)$/m.exec(text)![1]!.split(' ')
    const batch = join(folder.root, 'batch')
    const client = async (commands: string) => {
      await folder.put('/batch', commands, 0)
      return run(SFTP!, ['-b', batch, ...args], { cwd: folder.root }).then(
        ({ stdout }) => stdout,
        (error: { stderr: string }) => error.stderr,
      )
    }

    expect(await client('ls -l /7/20260101\nget /7/20260101/a.csv fetched.csv\n')).toMatch(/7 \S+ 00:00 .*a\.csv/)
    expect(await readFile(join(folder.root, 'fetched.csv'), 'utf8')).toBe('id\r\n1\r\n')
    for (const command of ['put batch /7/new.csv', 'rm /7/20260101/a.csv', 'mkdir /8', 'rename /7 /8']) {
      expect(await client(`${command}\n`), command).toMatch(/denied|unsupported|Couldn't|Failure/i)
    }
    expect(existsSync(join(folder.root, 'root/8'))).toBe(false)
    expect(await readFile(join(folder.root, 'root/7/20260101/a.csv'), 'utf8')).toBe('id\r\n1\r\n')
  },
)
