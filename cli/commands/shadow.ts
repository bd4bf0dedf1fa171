import { wordsOf } from '../../functions/pipeline/slice-words.ts'
import { replayInShadow } from '../../functions/pipeline/views/shadow.ts'
import { command } from '../command.ts'
import { findPipeline, withDaybreak } from '../open.ts'
import { PIPELINE_ARG } from '../scope.ts'
import { inWords, placeColumns } from '../slice-words.ts'
import { readDate } from '../values.ts'

/** The gate of a release: a night as this version would make it, compared with the night as it is. */
export const shadow = command({
  name: 'shadow',
  description: 'Transform the raw files of a night again, publish nothing, and compare with what is published.',
  args: {
    ...PIPELINE_ARG,
    date: {
      type: 'string',
      many: true,
      required: true,
      valueHint: 'YYYY-MM-DD',
      description: 'Window; several with commas.',
    },
  },
  examples: ['daybreak shadow toast --date 2025-02-05'],
  async run(call) {
    return await withDaybreak(call, async (daybreak) => {
      const dates = (call.args.date ?? []).map((text) => readDate('--date', text))
      const definition = findPipeline(daybreak, call.args.pipeline)
      const words = wordsOf(definition)
      const results = await replayInShadow(definition, dates, daybreak.ports)
      await call.output.rows({
        columns: [...placeColumns(words), 'stream', 'outcome', 'sameVersion', 'code', 'message'],
        rows: results.map((result) => ({ ...inWords(result, words), code: result.code ?? '' })),
        empty: 'Nothing was published for these dates, so there is nothing to compare with.',
      })
      // A night without anything to compare proves nothing, and must not open a gate.
      return results.length > 0 && results.every(({ outcome }) => outcome === 'same') ? 0 : 3
    })
  },
})
