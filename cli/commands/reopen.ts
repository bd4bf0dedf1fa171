import type { ApiAnswer, ApiClient } from '../../functions/api/contract/client.ts'
import { askPipeline, isoText, localApi, withApi } from '../api.ts'
import { type Call, command } from '../command.ts'
import { withDaybreak } from '../open.ts'
import { PIPELINE_ARG } from '../scope.ts'
import { readDate } from '../values.ts'
import { runNow } from './run.ts'

/** Takes the signature under a day away. */
export const reopen = command({
  name: 'reopen',
  remote: 'served',
  description: 'Open a signed day again: take its signature away, and judge the files that wait for it again.',
  args: {
    date: { type: 'positional', description: 'Business date, e.g. 2025-02-05.' },
    location: { type: 'string', valueHint: 'ID', description: 'Export id of one location. All of them if absent.' },
    reason: {
      type: 'string',
      required: true,
      valueHint: 'TEXT',
      description: 'Why, in a sentence; it goes into the audit.',
    },
    ...PIPELINE_ARG,
  },
  examples: ["daybreak reopen 2025-02-05 --location 185001 --reason 'The bank returned a payment'"],
  async run(call) {
    if (call.options.remote !== null)
      return await withApi(call, async (api) => {
        const { waiting } = await ask(api, call)
        const body = { slices: waiting, reason: call.args.reason, fromArchive: true }
        if (waiting.length > 0) await api('POST /api/slices:retry', { body })
        return 0
      })
    return await withDaybreak(call, async (daybreak, project) => {
      const { pipeline, waiting } = await ask(localApi(call, daybreak, project), call)
      if (waiting.length === 0) return 0
      return await runNow({ pipeline, trigger: 'cli', scope: scopeOf(waiting) }, daybreak, call)
    })
  },
})

interface Asked {
  readonly date: string
  readonly location?: string | undefined
  readonly pipeline?: string | undefined
  readonly reason: string
}

async function ask(api: ApiClient, { args, output }: Pick<Call<Asked>, 'args' | 'output'>) {
  const window = readDate('DATE', args.date)
  const { name: pipeline } = await askPipeline(api, args.pipeline)
  const body = { reason: args.reason, ...(args.location !== undefined && { shard: args.location }) }
  const path = { pipeline, window }
  const { at, actor, shard, waiting } = await api('POST /api/days/{pipeline}/{window}:reopen', { path, body })
  await output.record({ date: window, location: shard ?? 'all', actor, at: isoText(at), waiting: waiting.length })
  return { pipeline, waiting }
}

type Waiting = ApiAnswer<'POST /api/days/{pipeline}/{window}:reopen'>['waiting']

/** The run that judges files again, from the archive. */
function scopeOf(waiting: Waiting) {
  const windows = [...new Set(waiting.map(({ window }) => window))]
  const shards = [...new Set(waiting.map(({ shard }) => shard))]
  const streams = [...new Set(waiting.map(({ stream }) => stream))]
  return { windows, shards, streams, fromArchive: true }
}
