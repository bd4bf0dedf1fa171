import { DaybreakError } from '../../functions/errors.ts'

/** Members of a connection, as YAML has them. */
export type Members = Readonly<Record<string, string | number>>

const SERVERS: Readonly<Record<string, string>> = {
  'postgres:': 'postgres',
  'postgresql:': 'postgres',
  'mysql:': 'mysql',
  'mariadb:': 'mysql',
  'sftp:': 'sftp',
}
const FILES: Readonly<Record<string, string>> = {
  'sqlite:': 'path',
  'duckdb:': 'path',
  'folder:': 'root',
  'file:': 'root',
}
const BUCKETS: Readonly<Record<string, string>> = { 's3:': 's3', 'gs:': 'gcs' }

/**
 * The members that a URL says; null for a text that is no URL. The query has further members: `?tls=off`.
 * @throws {DaybreakError} USAGE_INVALID for a URL with a password, which the message leaves out, or of an unknown kind.
 */
export function readAddress(flag: string, text: string): Members | null {
  const [, scheme = ''] = /^([a-z0-9]+:)/i.exec(text) ?? []
  if (scheme === '') return null
  const rest = text.slice(scheme.length).replace(/^\/\/(?=\/|\.)/, '')
  const file = FILES[scheme]
  if (file !== undefined) return { kind: kindOfFile(scheme), [file]: rest.replace(/^\/\//, '') }
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null) throw unknown(flag, scheme)
  if (url.password !== '') throw withPassword(flag, url)
  const members = Object.fromEntries([...url.searchParams].filter(([name]) => name !== 'kind'))
  const bucket = BUCKETS[scheme]
  if (bucket !== undefined) return { kind: bucket, bucket: url.hostname, ...rootOf(url), ...members }
  const kind = SERVERS[scheme]
  if (kind === undefined) throw unknown(flag, scheme)
  return {
    ...{ kind, host: decodeURIComponent(url.hostname).replace(/^\[|\]$/g, '') },
    ...(url.port !== '' && { port: Number(url.port) }),
    ...(kind === 'sftp' ? rootOf(url) : { database: decodeURIComponent(url.pathname.slice(1)) }),
    ...(url.username !== '' && { user: decodeURIComponent(url.username) }),
    ...members,
  }
}

function kindOfFile(scheme: string): string {
  return scheme === 'file:' ? 'folder' : scheme.slice(0, -1)
}

function rootOf({ pathname }: URL): Members {
  return pathname === '' || pathname === '/' ? {} : { root: decodeURIComponent(pathname) }
}

function withPassword(flag: string, { protocol, username, hostname, pathname }: URL): DaybreakError {
  const secret = `${pathname.slice(1).replaceAll(/\W+/g, '_') || 'source'}_password`
  const shown = `${protocol}//${username}@${hostname}${pathname}`
  return new DaybreakError(
    'USAGE_INVALID',
    `${flag} is ${shown} with a password, which would stand in files, in the history of the shell and in the list of processes; expected the URL without it, and the password in the file ${secret} of the folder of secrets (.daybreak/secrets): ${flag} ${shown} ${flag}-set password=secret://${secret}`,
    { details: { next: 'daybreak init --help' } },
  )
}

function unknown(flag: string, scheme: string): DaybreakError {
  const kinds = [...Object.keys(SERVERS), ...Object.keys(FILES), ...Object.keys(BUCKETS)]
  return new DaybreakError(
    'USAGE_INVALID',
    `${flag} is a URL that begins with ${scheme}; expected one that begins with ${kinds.join(', ')}`,
  )
}
