import { sendNow } from '../../functions/compose/send-now.ts'
import { watchOnce } from '../../functions/compose/watch.ts'
import type { NotifyConfig, RuleConfig } from '../../functions/config/notify-config.ts'
import { loadProject } from '../../functions/config/project.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import { quoteName } from '../../functions/lib/foreign-text.ts'
import { testMessage } from '../../functions/notify/message.ts'
import { toRecipient } from '../../functions/notify/recipient.ts'
import { keepWatch } from '../../functions/watch/keep.ts'
import { createMemory } from '../../functions/watch/memory.ts'
import { tryOver } from '../../functions/watch/try-rule.ts'
import { command, group } from '../command.ts'
import { createLog } from '../log.ts'
import { withDaybreak } from '../open.ts'
import { readCount } from '../values.ts'

const tryCommand = command({
  name: 'notify try',
  description: 'Show when a rule would have fired in the last days. Tells no person and changes nothing.',
  args: {
    rule: { type: 'positional', description: 'Id of a rule of config/notify.yaml.' },
    days: { type: 'string', default: '30', valueHint: 'N', description: 'Days to go back.' },
  },
  examples: ['daybreak notify try incomplete-at-seven', 'daybreak notify try expiring --days 90'],
  async run(call) {
    const { args, options, context, output } = call
    const days = readCount('--days', args.days, { min: 1, max: 400 })
    const { projectDir, environment } = options
    const { notify } = await loadProject({ projectDir, environment, env: context.env })
    const rule = ruleOf(notify, args.rule)
    await withDaybreak(call, async ({ definitions, ports }) => {
      const firings = await tryOver(rule, { definitions: [...definitions.values()], days }, ports)
      await output.rows({
        columns: ['pipeline', 'from', 'until', 'count', 'subjects'],
        rows: firings.map(({ pipeline, from, until, subjects }) => ({
          pipeline,
          from: new Date(from).toISOString(),
          until: until === null ? '' : new Date(until).toISOString(),
          count: subjects.length,
          subjects: subjects.join(', '),
        })),
        empty: `${rule.id} would not have fired in ${days} days.`,
      })
      if (firings.length > 0)
        await output.text(`\n${rule.id} would have fired ${timesOf(firings.length)} in ${days} days.`)
    })
  },
})

const test = command({
  name: 'notify test',
  description: 'Send one message through a channel that says that it is a test.',
  args: {
    channel: { type: 'positional', description: 'A channel of config/notify.yaml.' },
    person: { type: 'string', valueHint: 'NAME', description: 'To a person instead of the channel itself.' },
  },
  examples: ['daybreak notify test ops', 'daybreak notify test mail --person ana'],
  async run({ args, options, context, output }) {
    const { projectDir, environment } = options
    const project = await loadProject({ projectDir, environment, env: context.env })
    const channels = project.notify?.channels ?? {}
    const config = entryOf('channel', args.channel, channels)
    const person = args.person === undefined ? null : entryOf('person', args.person, project.notify?.people ?? {})
    const { clock } = context
    const message = testMessage({ environment, channel: args.channel, at: clock.now() })
    const recipient = person ? toRecipient(person) : ({ kind: 'channel' } as const)
    const log = createLog(context.stderr, options, clock.now)
    await sendNow(args.channel, config, { message, recipient, project, clock, log })
    await output.text(`Sent a test through ${args.channel}${args.person === undefined ? '' : ` to ${args.person}`}.`)
  },
})

const watch = command({
  name: 'notify watch',
  description: 'Look for trouble once, decide who is told, and send what is due; --follow goes on every minute.',
  args: { follow: { type: 'boolean', description: 'Go on every minute until Ctrl-C.' } },
  examples: ['daybreak notify watch', 'daybreak notify watch --follow'],
  async run(call) {
    const { args, options, context, output } = call
    const { projectDir, environment } = options
    const project = await loadProject({ projectDir, environment, env: context.env })
    await withDaybreak(call, async (daybreak) => {
      const memory = createMemory()
      const pass = async () => {
        const { sent, postponed, dead } = await watchOnce(project, daybreak, memory)
        await output.record({ sent, postponed, dead })
      }
      await pass()
      if (args.follow) await keepWatch(pass, daybreak.ports, context.signal)
    })
  },
})

/** Rules and channels. */
export const notify = group({
  name: 'notify',
  description: 'Try rules and channels of config/notify.yaml, and watch over the night.',
  commands: { try: async () => tryCommand, test: async () => test, watch: async () => watch },
})

function timesOf(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

/** @throws {DaybreakError} USAGE_INVALID */
function ruleOf(config: NotifyConfig | null, id: string): RuleConfig {
  return entryOf('rule', id, Object.fromEntries((config?.rules ?? []).map((rule) => [rule.id, rule])))
}

/** @throws {DaybreakError} USAGE_INVALID */
function entryOf<Entry>(noun: string, name: string, entries: Readonly<Record<string, Entry>>): Entry {
  const entry = Object.hasOwn(entries, name) ? entries[name] : undefined
  if (entry !== undefined) return entry
  const message = `there is no ${noun} ${quoteName(name)} in config/notify.yaml.${didYouMean(name, Object.keys(entries))}`
  throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak validate' } })
}
