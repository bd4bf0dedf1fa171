import { setTimeout as wait } from 'node:timers/promises'
import type { Client, ClientChannel, ConnectConfig } from 'ssh2'
import ssh2 from 'ssh2'
import { DaybreakError } from '../../errors.ts'
import { quoteText } from '../../lib/plain-name.ts'
import { readError } from './errors.ts'
import { firstBytes } from './peer.ts'

/** SSH_FXP_INIT of version 3: what a server answers with its own version. */
const INIT = Buffer.from([0, 0, 0, 5, 1, 0, 0, 0, 3])
/** The answer's type; four bytes of length come before it. */
const VERSION = /[\s\S]{4}\x02\x00\x00\x00\x03/
const PATIENCE = 2_000

/** Failures of a login that worked: the session behind it does not speak SFTP. */
const SESSION = /packet length|SFTP session|start subsystem|channel open|unexpected packet|version/i

/** True for a failure that the text in the channel can explain. */
export function isSessionFailure(error: unknown): boolean {
  return error instanceof Error && SESSION.test(error.message)
}

/**
 * Explains a session that does not speak SFTP, over a connection of its own: what a start-up script or a shell prints into the
 * channel comes before the first packet, and its bytes are read as a length.
 */
export async function explainSession(error: unknown, config: ConnectConfig, server: string): Promise<DaybreakError> {
  const { message } = readError(error)
  const failed = (why: string) => new DaybreakError('SOURCE_NOT_SFTP', `the login at ${server} worked, but ${why}`)
  if (/start subsystem|channel open/i.test(message))
    return failed(`it starts no SFTP session (${message}); the subsystem sftp is disabled, or not for this user`)
  const text = (await listen(config).catch(() => Buffer.alloc(0))).toString('latin1')
  const start = VERSION.exec(text)?.index ?? text.length
  const printed = text.slice(0, start)
  if (printed === '') return failed(`its session does not speak SFTP: ${message}`)
  return failed(
    `its session begins with text that is no SFTP: ${quoteText(printed)}. A login script or a shell prints it; it must be silent`,
  )
}

/** The first bytes of the subsystem, as they come. */
async function listen(config: ConnectConfig): Promise<Buffer> {
  const client: Client = new ssh2.Client()
  const first = firstBytes()
  try {
    const channel = await openSubsystem(client, config)
    channel.on('data', first.add)
    channel.write(INIT)
    await Promise.race([
      new Promise((resolve) => channel.once('close', resolve)),
      wait(PATIENCE),
      enough(channel, first),
    ])
    return first.bytes()
  } finally {
    client.on('error', () => undefined)
    client.destroy()
  }
}

function openSubsystem(client: Client, config: ConnectConfig): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.once('error', reject)
    client.once('close', () => reject(new Error('closed')))
    client.once('ready', () => client.subsys('sftp', (error, channel) => (error ? reject(error) : resolve(channel))))
    client.connect(config)
  })
}

function enough(channel: ClientChannel, first: ReturnType<typeof firstBytes>): Promise<void> {
  return new Promise((resolve) => {
    channel.on('data', () => {
      if (VERSION.test(first.bytes().toString('latin1'))) resolve()
    })
  })
}
