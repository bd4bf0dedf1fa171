import { DaybreakError, ERRORS, type ErrorCode } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import { runbookOf } from '../../functions/lib/runbook.ts'
import { command } from '../command.ts'
import { pageOf } from '../program.ts'

const CODES = Object.keys(ERRORS).filter((code): code is ErrorCode => code in ERRORS)

/** Prints meaning and remedy of an error code; of all codes without one. */
export const explain = command({
  name: 'explain',
  remote: 'ignored',
  description: 'Say what an error code means and what to do about it.',
  args: { code: { type: 'positional', required: false, description: 'An error code; all of them if absent.' } },
  examples: ['daybreak explain FILE_CHANGED', 'daybreak explain -o json'],
  async run({ args, output, context }) {
    const entries = CODES.map((code) => ({ code, ...ERRORS[code] }))
    if (args.code === undefined) return output.rows({ columns: ['code', 'kind', 'meaning'], rows: entries })
    const wanted = args.code.toUpperCase()
    const entry = entries.find(({ code }) => code === wanted)
    if (entry) return output.record({ ...entry, runbook: pageOf(runbookOf(entry.code), context) })
    throw new DaybreakError(
      'USAGE_INVALID',
      `There is no error code "${args.code}".${didYouMean(wanted, Object.keys(ERRORS))}`,
      { details: { next: 'daybreak explain' } },
    )
  },
})
