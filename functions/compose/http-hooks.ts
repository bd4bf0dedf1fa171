import { createHash } from 'node:crypto'
import { type HookRequest, sendHookRequest } from '../adapters/webhook/hook-request.ts'
import { signatureHeaders } from '../adapters/webhook/signature.ts'
import { toMilliseconds } from '../config/duration.ts'
import { isHostAllowed } from '../config/hook-checks.ts'
import type { HttpHook } from '../config/hooks-config.ts'
import type { Project } from '../config/project.ts'
import type { SecretReader } from '../config/secret.ts'
import { DaybreakError } from '../errors.ts'
import type { HookCall } from '../pipeline/hooks/ports.ts'
import type { Clock } from '../pipeline/ports.ts'

interface Calling {
  readonly secrets: SecretReader
  readonly clock: Clock
  readonly signal?: AbortSignal | undefined
}

/** Sends the request of a hook, and waits for the work that it began where the hook says so. Throws as a hook does. */
export async function callHttp(call: HookCall<HttpHook>, project: Project, calling: Calling): Promise<void> {
  const { hook, event, key } = call
  const { clock } = calling
  const body = JSON.stringify(hook.body === undefined ? event : filled(hook.body, wordsOf(call)))
  const secret = hook.secret === undefined ? null : await textOf(hook.secret, calling)
  const seconds = Math.floor(clock.now() / 1_000)
  const answer = await request(call, project, calling, {
    ...{ url: hook.http, method: hook.method, body },
    headers: {
      ...hook.headers,
      'content-type': 'application/json',
      'idempotency-key': key,
      ...(secret !== null && signatureHeaders(secret, { id: key, seconds, body })),
    },
  })
  if (hook.wait) await waitFor(call, project, calling, jsonOf(answer, hook.http))
}

type Sent = Pick<HookRequest, 'url' | 'method' | 'body' | 'headers'>

async function request({ hook }: HookCall<HttpHook>, project: Project, calling: Calling, sent: Sent): Promise<string> {
  const { hooks } = project.environment
  const { hostname } = new URL(sent.url)
  if (!isHostAllowed(hostname, hooks)) {
    const message = `${hostname} is no host of \`hooks.hosts\` of the environment ${project.environment.environment}; expected it there`
    throw new DaybreakError('HOOK_REFUSED', message)
  }
  const token = hook.token === undefined ? null : await textOf(hook.token, calling)
  return await sendHookRequest({
    ...sent,
    headers: { ...sent.headers, ...(token !== null && { authorization: `Bearer ${token}` }) },
    timeout: toMilliseconds(hook.timeout),
    networks: hooks.networks,
    ca: hooks.ca === undefined ? null : await textOf(hooks.ca, calling),
    signal: calling.signal,
  })
}

async function textOf(reference: string, { secrets }: Calling): Promise<string> {
  return Buffer.from(await secrets.read(reference)).toString('utf8')
}

/** Asks until the work is over. @throws {DaybreakError} HOOK_FAILED where it failed, or takes too long. */
async function waitFor(call: HookCall<HttpHook>, project: Project, calling: Calling, first: unknown): Promise<void> {
  const { wait } = call.hook
  if (!wait) return
  const { clock, signal } = calling
  const words = new Map([...wordsOf(call), ...membersOf(first, 'answer')])
  const url = filledText(wait.http, words, encodeURIComponent)
  const end = clock.now() + toMilliseconds(wait.timeout)
  for (;;) {
    const answer = await request(call, project, calling, { url, method: 'GET', body: null, headers: {} }).catch(orAgain)
    const found = answer === null ? null : jsonOf(answer, url)
    if (found !== null && matches(found, wait.until)) {
      if (wait.expect === undefined || matches(found, wait.expect)) return
      throw failed(
        `the work of ${call.hook.http} ended with ${told(found, wait.expect)}; expected ${told(null, wait.expect)}`,
      )
    }
    if (clock.now() >= end) throw failed(`the work of ${call.hook.http} was not over after ${wait.timeout}`)
    await clock.sleep(toMilliseconds(wait.every), signal)
    if (signal?.aborted) throw new DaybreakError('CANCELLED', `the wait for ${call.hook.http} was cancelled`)
  }
}

/** A question that was not answered is asked again. */
function orAgain(error: unknown): null {
  if (error instanceof DaybreakError && error.details['again'] === true) return null
  throw error
}

type Members = Readonly<Record<string, readonly string[]>>

function matches(found: unknown, members: Members): boolean {
  return Object.entries(members).every(([path, values]) => values.includes(memberOf(found, path) ?? ''))
}

/** Members of an answer, or what was expected of them, for people. */
function told(found: unknown, members: Members): string {
  return Object.entries(members)
    .map(([path, values]) => `${path} = ${found === null ? values.join(' or ') : (memberOf(found, path) ?? 'nothing')}`)
    .join(', ')
}

function memberOf(found: unknown, path: string): string | null {
  const value = path
    .split('.')
    .reduce<unknown>((at, name) => (typeof at === 'object' && at !== null ? Reflect.get(at, name) : undefined), found)
  return value === undefined || value === null || typeof value === 'object' ? null : String(value)
}

/** Words that stand in braces in a body. */
function wordsOf({ event, key }: HookCall): ReadonlyMap<string, string> {
  const { pipeline, run, stream = '', window = '', load_id = '' } = event
  const digest = createHash('sha256').update(key).digest('hex')
  return new Map(Object.entries({ pipeline, run, stream, window, load_id, key, digest }))
}

function membersOf(value: unknown, name: string): readonly (readonly [string, string])[] {
  if (typeof value !== 'object' || value === null) return [[name, String(value)]]
  return Object.entries(value).flatMap(([member, own]) => membersOf(own, `${name}.${member}`))
}

function filled(value: unknown, words: ReadonlyMap<string, string>): unknown {
  if (typeof value === 'string') return filledText(value, words, (text) => text)
  if (Array.isArray(value)) return value.map((each) => filled(each, words))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, own]) => [name, filled(own, words)]))
}

/** @throws {DaybreakError} HOOK_FAILED for an unknown word. */
function filledText(text: string, words: ReadonlyMap<string, string>, encode: (text: string) => string): string {
  return text.replaceAll(/\{([a-z_0-9.]+)\}/g, (_, name: string) => {
    const word = words.get(name)
    if (word !== undefined) return encode(word)
    throw failed(`there is no ${JSON.stringify(name)} for {${name}}; known: ${[...words.keys()].join(', ')}`)
  })
}

/** An answer as JSON, with the digits of each whole number: ids of other systems are longer than a double. */
function jsonOf(text: string, url: string): unknown {
  try {
    return JSON.parse(text, (_, value: unknown, context?: { readonly source?: string }) =>
      typeof value === 'number' ? (context?.source ?? value) : value,
    )
  } catch {
    throw failed(`${new URL(url).host} answered with no JSON: ${JSON.stringify(text.slice(0, 100))}`)
  }
}

function failed(message: string): DaybreakError {
  return new DaybreakError('HOOK_FAILED', message)
}
