import type { Finding } from '../../functions/compose/doctor/finding.ts'
import type { Cell } from '../cell.ts'
import { command } from '../command.ts'
import { createLog } from '../log.ts'

const TONES = { pass: 'good', warn: 'warn', fail: 'bad', off: 'dim' } as const

/** Checks this machine and its project one by one, and names the action for each failure. */
export const doctor = command({
  name: 'doctor',
  description:
    'Check this machine, the project, its secrets, ledger, warehouse and sources. Exit code 1 when one fails. It looks from where it runs, so it takes no `--remote`: run it on the machine of the server.',
  examples: ['daybreak doctor', 'daybreak doctor -o json', 'daybreak doctor --skip secrets,topics'],
  args: {
    skip: {
      type: 'string',
      many: true,
      valueHint: 'NAME',
      description: 'Checks to leave out, by the first word of their name; several with commas.',
    },
  },
  async run(call) {
    const { examine } = await import('../../functions/compose/doctor/examine.ts')
    const { options, context } = call
    const findings: Finding[] = []
    const skipped = new Set(call.args.skip)
    for await (const finding of examine({
      ...options,
      ...context,
      installed: context.program.at(-1) ?? process.execPath,
      log: createLog(context.stderr, options, context.clock.now),
    })) {
      if (!skipped.has(finding.check.split(' ')[0] ?? '')) findings.push(finding)
    }
    await call.output.rows({
      columns: ['check', { key: 'state', tone: toneOf }, 'message', 'remedy'],
      rows: findings.map((finding) => ({ ...finding })),
    })
    return findings.some(({ state }) => state === 'fail') ? 1 : 0
  },
})

function toneOf(state: Cell) {
  return state === 'pass' || state === 'warn' || state === 'fail' || state === 'off' ? TONES[state] : null
}
