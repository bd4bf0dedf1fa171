import { replayInShadow } from '../../functions/pipeline/views/shadow.ts'
import { command } from '../command.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { inWords } from '../slice-words.ts'
import { readDate } from '../values.ts'

/** The gate of a release: a night as this version would make it, compared with the night as it is. */
export const shadow = command({
  name: 'shadow',
  description: 'Transform the raw files of a night again, publish nothing, and compare with what is published.',
  args: {
    pipeline: {
      type: 'positional',
      required: false,
      description: 'A file of config/pipelines; the only one if absent.',
    },
    date: {
      type: 'string',
      many: true,
      required: true,
      valueHint: 'YYYY-MM-DD',
      description: 'Business date; several with commas.',
    },
  },
  examples: ['daybreak shadow toast --date 2025-02-05'],
  async run(call) {
    return await withDaybreak(call, async (daybreak) => {
      const dates = (call.args.date ?? []).map((text) => readDate('--date', text))
      const results = await replayInShadow(findPipeline(daybreak, call.args.pipeline), dates, daybreak.ports)
      await call.output.rows({
        columns: ['location', 'date', 'stream', 'outcome', 'sameVersion', 'code', 'message'],
        rows: results.map((result) => ({ ...inWords(result), code: result.code ?? '' })),
        empty: 'Nothing was published for these dates, so there is nothing to compare with.',
      })
      // A night without anything to compare proves nothing, and must not open a gate.
      return results.length > 0 && results.every(({ outcome }) => outcome === 'same') ? 0 : 3
    })
  },
})
