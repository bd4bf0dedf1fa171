import { DaybreakError } from '../../errors.ts'
import { quoteName } from '../../lib/foreign-text.ts'
import { toTest } from '../../notify/message.ts'
import { toRecipient } from '../../notify/recipient.ts'
import { toEmail } from '../../notify/render/email.ts'
import { type DigestReader, digestChannel, digestDates, digestOf, readerOf, subjectsOf } from '../../watch/digest.ts'
import { findDefinition, instantText } from '../answers.ts'
import type { ApiCall, ApiHandler } from '../call.ts'
import type { ApiContext } from '../context.ts'
import { notifyOf } from './settings.ts'

const LISTED_DAYS = 7
// The oldest day that a digest is made of on request: a year of closed books and a bit.
const MOST_DAYS = 400

/** Handlers of digests. */
export const DIGEST_HANDLERS = {
  'GET /api/digests': (async (call, context) => {
    const ports = await portsOf(context)
    const reader = callerOf(call, ports)
    const subjects = await subjectsOf(reader, digestDates(reader, context.now(), LISTED_DAYS), ports)
    return { body: { digests: [...subjects] } }
  }) satisfies ApiHandler<'GET /api/digests'>,

  'GET /api/digests/{date}': (async (call, context) => {
    const ports = await portsOf(context)
    const reader = callerOf(call, ports)
    const message = await digestOf(reader, expectDate(call.path.date, reader, context), ports)
    const { subject, text, html } = toEmail(message)
    if (call.accept.includes('text/html')) return page(html)
    const { title, lines, at } = message
    return { body: { date: call.path.date, subject, text, title, lines: [...lines], madeAt: instantText(at) } }
  }) satisfies ApiHandler<'GET /api/digests/{date}'>,

  'POST /api/digests/{date}:test': (async ({ path, body, record }, context) => {
    const ports = await portsOf(context)
    const person = Object.hasOwn(ports.config.people, body.person) ? ports.config.people[body.person] : undefined
    if (!person) throw new DaybreakError('NOT_FOUND', `there is no person ${quoteName(body.person)} in the settings`)
    const name = digestChannel(person, ports.config)
    const channel = ports.config.channels[name ?? '']
    const reader = readerOf(body.person, ports.config)
    const date = expectDate(path.date, reader, context)
    await record({ action: 'digest.test', subject: `${body.person}/${date}` })
    if (name === undefined || !channel) {
      const message = `${person.name} has no channel for digests; expected one of the kind email, slack or webhook in \`ticket\` or \`page\``
      return { body: { ok: false, message } }
    }
    const message = toTest(await digestOf(reader, date, ports), context.ports.newId())
    return { body: await context.sendNow(name, channel, { message, recipient: toRecipient(person) }) }
  }) satisfies ApiHandler<'POST /api/digests/{date}:test'>,
}

async function portsOf(context: ApiContext) {
  const { ledger, definitions, ports, project } = context
  const { environment } = project.environment
  return { ledger, definitions, environment, clock: ports.clock, config: await notifyOf(context) }
}

type Asking = Pick<ApiCall<'GET /api/digests'>, 'principal' | 'query'>

/** The caller as a reader: in the zone of the person with the same e-mail, about the shards that the caller may see. */
function callerOf(
  { principal, query: { pipeline } }: Asking,
  { config, definitions }: Awaited<ReturnType<typeof portsOf>>,
): DigestReader {
  if (pipeline !== undefined) findDefinition({ definitions }, pipeline)
  const own = Object.entries(config.people).find(([, { email }]) => email?.toLowerCase() === principal.name)
  return { person: own?.[0] ?? '', zone: own?.[1].zone ?? 'UTC', shards: principal.shards, pipeline }
}

/** @throws {DaybreakError} NOT_FOUND for a day whose morning has not come, and for one long ago. */
function expectDate(date: string, reader: DigestReader, context: ApiContext): string {
  if (digestDates(reader, context.now(), MOST_DAYS).includes(date)) return date
  throw new DaybreakError(
    'NOT_FOUND',
    `there is no digest of ${quoteName(date)}; expected a day before today in ${reader.zone}, at most ${MOST_DAYS} days ago`,
  )
}

function page(html: string) {
  const chunks = (async function* () {
    yield html
  })()
  return { type: 'text/html; charset=utf-8', chunks }
}
