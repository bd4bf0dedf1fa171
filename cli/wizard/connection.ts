import { mkdir, writeFile } from 'node:fs/promises'
import { basename, dirname, extname } from 'node:path'
import { isFileKind, type Role, tableKindsOf } from '../../functions/config/connections.ts'
import { diskFiles } from '../../functions/config/disk.ts'
import { secretPath } from '../../functions/config/secret.ts'
import { DaybreakError, toDaybreakError } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import { type Members, readAddress } from './address.ts'
import { LABELS, type MemberQuestion, QUESTIONS } from './members.ts'
import { addConnection } from './render.ts'
import { projectOf, type Session, withTables } from './session.ts'

/** A connection that was chosen, and what is new of it. */
export interface ChosenConnection {
  readonly name: string
  readonly kind: string
}

const CONNECTIONS = 'config/connections.yaml'

/** Settles one side: a connection of the project, or a new one, which is tested. */
export async function settleConnection(side: Role, session: Session): Promise<ChosenConnection> {
  for (;;) {
    const before = session.files.get(CONNECTIONS)
    try {
      const chosen = await chooseConnection(side, session)
      await testConnection(side, chosen, session)
      return chosen
    } catch (error) {
      const failure = toDaybreakError(error)
      if (!session.ask.isInteractive || !(error instanceof DaybreakError)) throw error
      session.ask.say(`[${failure.code}] ${failure.message}`)
      if (before === undefined) session.files.delete(CONNECTIONS)
      else session.files.set(CONNECTIONS, before)
      await session.forget([side, `${side}-name`, `${side}-set`])
    }
  }
}

async function chooseConnection(side: Role, session: Session): Promise<ChosenConnection> {
  const { connections } = await projectOf(session)
  const kinds = tableKindsOf(side)
  const usable = Object.entries(connections).filter(([, { kind }]) => kinds.includes(kind))
  const text = session.given()[side] ?? (await askSide(side, usable, session))
  const known = connections[text]
  if (known !== undefined) {
    if (kinds.includes(known.kind)) return { name: text, kind: known.kind }
    throw new DaybreakError(
      'USAGE_INVALID',
      `--${side} is ${text}, a connection of the kind ${known.kind}, which is no ${side} of tables; expected one of the kind ${kinds.join(', ')}`,
    )
  }
  const address: Members | null = kinds.includes(text) ? { kind: text } : readAddress(`--${side}`, text)
  if (address === null || !kinds.includes(String(address.kind))) {
    const names = [...usable.map(([name]) => name), ...kinds]
    throw new DaybreakError(
      'USAGE_INVALID',
      `--${side} is "${text}"; expected a connection or a kind (${names.join(', ')}), or a URL such as postgres://reader@db.shop.internal/shop.${didYouMean(text, names)}`,
      { details: { next: 'daybreak connection list' } },
    )
  }
  return await makeConnection(side, address, session)
}

async function askSide(
  side: Role,
  usable: readonly (readonly [string, { readonly kind: string }])[],
  session: Session,
): Promise<string> {
  const choices = [
    ...usable.map(([value, { kind }]) => ({ value, label: value, hint: LABELS[kind] ?? kind })),
    ...inOrder(tableKindsOf(side)).map((kind) => ({ value: kind, label: `New: ${LABELS[kind] ?? kind}` })),
  ]
  const value = await session.ask.choose({
    flag: `--${side} NAME|KIND|URL`,
    message: side === 'source' ? 'Source' : 'Destination',
    choices,
  })
  await session.set(side, value)
  return value
}

/** Databases before files. */
function inOrder(kinds: readonly string[]): readonly string[] {
  const order = Object.keys(LABELS)
  return kinds.toSorted((a, b) => order.indexOf(a) - order.indexOf(b))
}

async function makeConnection(side: Role, address: Members, session: Session): Promise<ChosenConnection> {
  const kind = String(address.kind)
  const members: Record<string, unknown> = { ...address, ...readMembers(side, session.given()[`${side}-set`] ?? []) }
  const suggested = nameOf(side, members)
  const questions = QUESTIONS[kind] ?? []
  for (const question of questions) {
    const { member, isSecret } = question
    if (member in members || (member === 'password' && 'private_key' in members)) continue
    const value = await askMember(side, question, session)
    if (value === '') continue
    members[member] = isSecret ? asReference(value) : value
    await session.set(`${side}-set`, [...(session.given()[`${side}-set`] ?? []), `${member}=${members[member]}`])
  }
  for (const { member, isSecret } of questions) {
    if (isSecret && member in members) await settleSecret(side, member, String(members[member]), session)
  }
  const name = session.given()[`${side}-name`] ?? (await askName(side, nameOf(side, members) || suggested, session))
  const text = session.files.get(CONNECTIONS) ?? (await textOf(session, CONNECTIONS))
  const after = addConnection(text, name, typed(members))
  const isThere = name in (await projectOf(session)).connections
  if (isThere && after !== text)
    throw new DaybreakError(
      'STATE_CONFLICT',
      `there is a connection ${name} with other members; expected --${side} ${name}, or --${side}-name with another name`,
      { details: { next: 'daybreak connection list' } },
    )
  session.files.set(CONNECTIONS, after)
  return { name, kind }
}

/** Whole numbers and lists as YAML has them. */
function typed(members: Readonly<Record<string, unknown>>): Members {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => {
      if (name === 'host_keys') return [name, [value].flat()]
      return [name, name === 'port' || name === 'connections' ? Number(value) : value]
    }),
  ) as Members
}

async function askMember(side: Role, { member, message, otherwise, isOptional }: MemberQuestion, { ask }: Session) {
  const fallback = otherwise ?? (isOptional ? '' : undefined)
  const problem = (text: string) => (text === '' && !isOptional ? `${member} is needed` : null)
  return await ask.text({
    flag: `--${side}-set ${member}=VALUE`,
    message,
    ...(fallback !== undefined && { otherwise: fallback }),
    problem,
  })
}

function readMembers(side: Role, list: readonly string[]): Record<string, unknown> {
  return Object.fromEntries(
    list.map((each) => {
      const [, name, value] = /^([a-z_]+)=(.+)$/s.exec(each) ?? []
      if (name !== undefined && value !== undefined) return [name, value]
      throw new DaybreakError(
        'USAGE_INVALID',
        `--${side}-set has no MEMBER=VALUE; expected such as host=db.shop.internal`,
      )
    }),
  )
}

const asReference = (text: string): string => (text.startsWith('secret://') ? text : `secret://${text}`)

/** A secret is named, never written. @throws {DaybreakError} USAGE_INVALID for a value where a name belongs. */
async function settleSecret(side: Role, member: string, reference: string, session: Session): Promise<void> {
  if (!reference.startsWith('secret://'))
    throw new DaybreakError(
      'USAGE_INVALID',
      `--${side}-set ${member} is no secret; expected ${member}=secret://NAME, with the value in the file NAME of the folder of secrets`,
    )
  if (!session.ask.isInteractive) return
  const project = await projectOf(session)
  if (project.environment.secrets.kind !== 'folder') return
  const path = secretPath(reference, project)
  if ((await diskFiles.read(path)) !== null) return
  const value = await session.ask.hidden({ flag: path, message: `${reference} is not there yet. Its value` })
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(path, value, { mode: 0o600 })
  session.ask.say(`Kept in ${path}, and nowhere else.`)
}

async function askName(side: Role, suggested: string, session: Session): Promise<string> {
  const { connections } = await projectOf(session)
  const free = freeName(suggested || side, Object.keys(connections))
  const name = await session.ask.text({
    flag: `--${side}-name NAME`,
    message: 'Name of this connection',
    otherwise: free,
    problem: (text) =>
      text in connections
        ? `there is a connection ${text}`
        : /^[a-z_][a-z0-9_]{0,62}$/.test(text)
          ? null
          : 'expected snake_case',
  })
  await session.set(`${side}-name`, name)
  return name
}

/** The name, or with a number behind it where there is such a one. */
export function freeName(name: string, taken: readonly string[]): string {
  for (let number = 1; ; number++) {
    const tried = number === 1 ? name : `${name}_${number}`
    if (!taken.includes(tried)) return tried
  }
}

function nameOf(side: Role, members: Readonly<Record<string, unknown>>): string {
  const { database, path, root, bucket } = members
  const text = String(database ?? path ?? bucket ?? root ?? '')
  return identifierOf(basename(text, extname(text))) || side
}

/** A text as a name in snake_case; empty where nothing of it can be one. */
export function identifierOf(text: string): string {
  const plain = text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase()
  const name = plain.replaceAll(/[^a-z0-9]+/g, '_').replaceAll(/^_+|_+$/g, '')
  return (/^\d/.test(name) ? `_${name}` : name).slice(0, 63)
}

/** The text of a file of the project on disk; null for a file that is absent. */
export async function textOf({ call }: Session, path: string): Promise<string | null> {
  const bytes = await diskFiles.read(`${call.options.projectDir}/${path}`)
  return bytes === null ? null : Buffer.from(bytes).toString('utf8')
}

/** A destination that is a file or files is made by the first load. */
async function testConnection(side: Role, { name, kind }: ChosenConnection, session: Session): Promise<void> {
  if (side === 'destination' && (isFileKind(kind) || kind === 'sqlite' || kind === 'duckdb')) {
    await projectOf(session)
    return
  }
  await withTables(session, name, async (reader) => {
    const { version, isEncrypted, milliseconds, mayWrite } = await reader.test()
    const tls = isEncrypted ? ', encrypted' : ''
    const rights =
      side === 'source' && mayWrite ? '\nThe login may change tables. A source needs SELECT and no more.' : ''
    session.ask.say(`${reader.name}   ${version}${tls}, ${milliseconds} ms${rights}`)
  })
}
