import type { NotifyConfig, RuleConfig } from '../../functions/config/notify-config.ts'
import { loadProject } from '../../functions/config/project.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import { tryOver } from '../../functions/watch/try-rule.ts'
import { command, group } from '../command.ts'
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

/** Rules and channels. */
export const notify = group({
  name: 'notify',
  description: 'Try rules of config/notify.yaml.',
  commands: { try: async () => tryCommand },
})

function timesOf(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

/** @throws {DaybreakError} USAGE_INVALID */
function ruleOf(config: NotifyConfig | null, id: string): RuleConfig {
  const rules = config?.rules ?? []
  const rule = rules.find((each) => each.id === id)
  if (rule) return rule
  const ids = rules.map((each) => each.id)
  const message = `there is no rule "${id}" in config/notify.yaml.${didYouMean(id, ids)}`
  throw new DaybreakError('USAGE_INVALID', message, { details: { next: 'daybreak validate' } })
}
