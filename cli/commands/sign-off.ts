import { askPipeline, isoText, withApi } from '../api.ts'
import { command } from '../command.ts'
import { PIPELINE_ARG } from '../scope.ts'
import { readDate } from '../values.ts'

/** The signature under a day. */
export const signOff = command({
  name: 'sign-off',
  remote: 'served',
  description: 'Sign a day: what its tables hold now is what you have seen. A later change waits until it is accepted.',
  args: {
    date: { type: 'positional', description: 'Business date, e.g. 2025-02-05.' },
    location: { type: 'string', valueHint: 'ID', description: 'Export id of one location. All of them if absent.' },
    note: {
      type: 'string',
      required: true,
      valueHint: 'TEXT',
      description: 'Why, in a sentence; it goes into the audit.',
    },
    ...PIPELINE_ARG,
  },
  examples: [
    "daybreak sign-off 2025-02-05 --note 'Agrees with the bank'",
    "daybreak sign-off 2025-02-05 --location 185001 --note 'Agrees with the bank'",
  ],
  async run(call) {
    const { args, output } = call
    const window = readDate('DATE', args.date)
    await withApi(call, async (api) => {
      const { name } = await askPipeline(api, args.pipeline)
      const body = { note: args.note, ...(args.location !== undefined && { shard: args.location }) }
      const path = { pipeline: name, window }
      const { at, actor, shard } = await api('POST /api/days/{pipeline}/{window}:signOff', { path, body })
      await output.record({ date: window, location: shard ?? 'all', actor, at: isoText(at), note: args.note })
    })
  },
})
