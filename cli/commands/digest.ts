import { sendNow } from '../../functions/compose/send-now.ts'
import { openWatch } from '../../functions/compose/watch.ts'
import { loadProject } from '../../functions/config/project.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import { quoteName } from '../../functions/lib/foreign-text.ts'
import { toTest } from '../../functions/notify/message.ts'
import { toRecipient } from '../../functions/notify/recipient.ts'
import { toText } from '../../functions/notify/render/text.ts'
import {
  type DigestReader,
  digestChannel,
  digestDates,
  digestOf,
  readerOf,
  subjectsOf,
} from '../../functions/watch/digest.ts'
import type { WatchPorts } from '../../functions/watch/ports.ts'
import { expectLocal, withApi } from '../api.ts'
import { type Call, command } from '../command.ts'
import { createLog } from '../log.ts'
import { withDaybreak } from '../open.ts'
import { readDate } from '../values.ts'

const LISTED_DAYS = 7

/** The morning's mail on the terminal. */
export const digest = command({
  name: 'digest',
  remote: 'served',
  description:
    'Print the digest of a day: completeness, amounts, what was set aside, what is open. Sends nothing unless asked.',
  args: {
    date: { type: 'string', valueHint: 'YYYY-MM-DD', description: 'Window; yesterday if absent.' },
    person: { type: 'string', valueHint: 'NAME', description: 'As this person of the settings gets it.' },
    list: { type: 'boolean', description: 'List the subjects of the last week instead.' },
    send: { type: 'boolean', description: 'Send it to the person now, marked as a test.' },
  },
  examples: [
    'daybreak digest',
    'daybreak digest --person ana --date 2026-11-29',
    'daybreak digest --list',
    'daybreak digest --person ana --send',
  ],
  async run(call) {
    const { args, options, context } = call
    if (args.list && (args.send || args.date !== undefined))
      throw new DaybreakError('USAGE_INVALID', '--list goes with neither --date nor --send')
    if (options.remote !== null) return await askThere(call)
    const { projectDir, environment } = options
    const project = await loadProject({ projectDir, environment, env: context.env })
    await withDaybreak(call, async (daybreak) => {
      const { ports, close } = await openWatch(project, daybreak)
      try {
        const reader = readerNamed(args.person, ports)
        const [yesterday = ''] = digestDates(reader, context.clock.now(), 1)
        const date = args.date === undefined ? yesterday : readDate('--date', args.date)
        if (args.list) await list(call, reader, ports)
        else if (args.send) await send(call, { reader, date, project, ports })
        else await print(call, { reader, date, ports })
      } finally {
        await close()
      }
    })
  },
})

type Flags = Call<{
  readonly date: string | undefined
  readonly person: string | undefined
  readonly list: boolean
  readonly send: boolean
}>

/** The digest of the caller of a server, in the zone and about the locations that the caller has there. */
async function askThere(call: Flags): Promise<void> {
  const { args, output } = call
  if (args.send) expectLocal(call, 'digest', '--send')
  if (args.person !== undefined) expectLocal(call, 'digest', '--person')
  await withApi(call, async (api) => {
    const { digests } = await api('GET /api/digests')
    if (args.list)
      return await output.rows({ columns: ['date', 'subject'], rows: digests, empty: 'There is no digest.' })
    const date = args.date === undefined ? (digests[0]?.date ?? '') : readDate('--date', args.date)
    const { text, title, lines } = await api('GET /api/digests/{date}', { path: { date } })
    if (output.format === 'table') await output.text(text.trimEnd())
    else await output.record({ date, title, lines: lines.join('\n') })
  })
}

/** @throws {DaybreakError} USAGE_INVALID for a person that is not configured. */
function readerNamed(person: string | undefined, { config }: Pick<WatchPorts, 'config'>): DigestReader {
  if (person === undefined || Object.hasOwn(config.people, person)) return readerOf(person ?? '', config)
  const message = `there is no person ${quoteName(person)} in config/notify.yaml.${didYouMean(person, Object.keys(config.people))}`
  throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak validate' } })
}

type Printing = Pick<Call, 'output' | 'options' | 'context'>

async function list({ output, context }: Printing, reader: DigestReader, ports: WatchPorts): Promise<void> {
  const subjects = await subjectsOf(reader, digestDates(reader, context.clock.now(), LISTED_DAYS), ports)
  const rows = subjects.map(({ date, subject }) => ({ date, subject }))
  await output.rows({ columns: ['date', 'subject'], rows, empty: 'There is no digest.' })
}

interface Asked {
  readonly reader: DigestReader
  readonly date: string
  readonly ports: WatchPorts
}

async function print({ output, options }: Printing, { reader, date, ports }: Asked): Promise<void> {
  const message = await digestOf(reader, date, ports)
  if (options.format === 'table') await output.text(toText(message).trimEnd())
  else await output.record({ date, title: message.title, lines: message.lines.join('\n') })
}

/** @throws {DaybreakError} USAGE_INVALID without a person who has a channel for it. */
async function send(
  { output, options, context }: Printing,
  { reader, date, project, ports }: Asked & { readonly project: Awaited<ReturnType<typeof loadProject>> },
): Promise<void> {
  const { clock } = context
  const person = ports.config.people[reader.person]
  if (!person) throw new DaybreakError('USAGE_INVALID', '--send: expected --person NAME, who gets it')
  const name = digestChannel(person, ports.config)
  const channel = ports.config.channels[name ?? '']
  if (name === undefined || !channel) {
    const message = `${person.name} has no channel for digests; expected one of the kind email, slack or webhook in \`ticket\` or \`page\``
    throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak validate' } })
  }
  const message = toTest(await digestOf(reader, date, ports), ports.newId())
  const log = createLog(context.stderr, options, clock.now)
  await sendNow(name, channel, { message, recipient: toRecipient(person), project, clock, log })
  await output.text(`Sent the digest of ${date} through ${name} to ${reader.person}, marked as a test.`)
}
