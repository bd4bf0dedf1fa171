import { DaybreakError, ERRORS } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import { command } from '../command.ts'

/** Prints meaning and remedy of an error code; of all codes without one. */
export const explain = command({
  name: 'explain',
  remote: 'ignored',
  description: 'Say what an error code means and what to do about it.',
  args: { code: { type: 'positional', required: false, description: 'An error code; all of them if absent.' } },
  examples: ['daybreak explain FILE_CHANGED', 'daybreak explain -o json'],
  async run({ args, output }) {
    const entries = Object.entries(ERRORS).map(([code, entry]) => ({ code, ...entry }))
    if (args.code === undefined) return output.rows({ columns: ['code', 'kind', 'meaning'], rows: entries })
    const wanted = args.code.toUpperCase()
    const entry = entries.find(({ code }) => code === wanted)
    if (entry) return output.record(entry)
    throw new DaybreakError(
      'USAGE_INVALID',
      `There is no error code "${args.code}".${didYouMean(wanted, Object.keys(ERRORS))}`,
      { details: { next: 'daybreak explain' } },
    )
  },
})
