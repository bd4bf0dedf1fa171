import { command } from '../command.ts'
import { examine, type Finding } from '../doctor.ts'
import type { Cell } from '../output.ts'

const TONES = { pass: 'good', warn: 'warn', fail: 'bad', off: 'dim' } as const

/** Whether this machine can do the work, check by check, and what to do where it cannot. */
export const doctor = command({
  name: 'doctor',
  description:
    'Check this machine, the project, its secrets, ledger, warehouse and sources. Exit code 1 when one fails.',
  examples: ['daybreak doctor', 'daybreak doctor -o json'],
  async run(call) {
    const findings: Finding[] = []
    for await (const finding of examine(call)) findings.push(finding)
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
