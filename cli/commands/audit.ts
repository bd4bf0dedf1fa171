import { Temporal } from 'temporal-polyfill'
import type { ApiClient } from '../../functions/api/contract/client.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { countInWords } from '../../functions/notify/words.ts'
import { verifyAudit } from '../../functions/pipeline/work/export-audit.ts'
import { eachPage, type Item, isoText, withApi } from '../api.ts'
import type { Args } from '../args.ts'
import { toJson } from '../cell.ts'
import { command, group } from '../command.ts'
import { LIMIT_ARG, readLimit } from '../lists.ts'
import { withDaybreak } from '../open.ts'

type Entry = Item<'GET /api/audit', 'entries'>

const FILTER = {
  actor: { type: 'string', valueHint: 'NAME', description: 'Person or program that acted.' },
  action: { type: 'string', valueHint: 'ACTION', description: 'Action, or its beginning before a dot: `incident`.' },
  subject: { type: 'string', valueHint: 'SUBJECT', description: 'What it was done to.' },
  from: { type: 'string', valueHint: 'TIME', description: 'At this day or instant, or later. Days begin in UTC.' },
  to: { type: 'string', valueHint: 'TIME', description: 'Before this day or instant.' },
} as const satisfies Args

const list = command({
  name: 'audit list',
  remote: 'served',
  description: 'List what people and programs did, newest first.',
  args: { ...FILTER, ...LIMIT_ARG },
  examples: ['daybreak audit list --action incident', 'daybreak audit list --actor ana --from 2026-11-01'],
  async run(call) {
    const { args, output } = call
    const limit = readLimit(args)
    const isTable = output.format === 'table'
    await withApi(call, async (api) => {
      const entries = await newestEntries(queryOf(args), isTable ? limit + 1 : Number.POSITIVE_INFINITY, api)
      await output.rows({
        columns: ['at', 'actor', 'role', 'action', 'subject', 'details'],
        limit,
        rows: entries.map(toRow),
        total: () => ({ rows: Math.min(entries.length, limit), all: entries.length <= limit }),
        empty: 'No entries.',
      })
    })
  },
})

const exportAll = command({
  name: 'audit export',
  remote: 'served',
  description: 'Print entries of the audit with the state before and after, one JSON object a line, oldest first.',
  args: FILTER,
  examples: ['daybreak audit export --from 2026-11-01 --to 2026-12-01 > november.jsonl'],
  async run(call) {
    await withApi(call, async (api) => {
      const entries = await newestEntries(queryOf(call.args), Number.POSITIVE_INFINITY, api)
      for (const entry of entries.toReversed()) await call.output.raw(`${toJson(entry)}\n`)
    })
  },
})

const verify = command({
  name: 'audit verify',
  description:
    'Compare the exported audit, a file a day in object storage, with itself and with the ledger. Exit code 1: they differ.',
  examples: ['daybreak audit verify'],
  async run(call) {
    const { output } = call
    return await withDaybreak(call, async ({ people, ports }) => {
      const { days, entries, faults } = await verifyAudit({ ledger: people, objects: ports.objects })
      await output.rows({
        columns: ['date', 'message'],
        rows: faults.map(({ date, message }) => ({ date, message })),
        empty: `The export is whole and equal to the ledger: ${countInWords(days, 'day')}, ${countInWords(entries, 'entry', 'entries')}.`,
      })
      return faults.length === 0 ? 0 : 1
    })
  },
})

/** The audit. */
export const audit = group({
  name: 'audit',
  description: 'See what people and programs did, export it, and verify the nightly export.',
  commands: { list: async () => list, export: async () => exportAll, verify: async () => verify },
})

type Query = Parameters<typeof newestEntries>[0]

async function newestEntries(
  query: { readonly actor?: string; readonly action?: string; readonly from?: string },
  most: number,
  api: ApiClient,
): Promise<readonly Entry[]> {
  const found: Entry[] = []
  for await (const { entries } of eachPage((page) => api('GET /api/audit', { query: { ...query, ...page } }))) {
    found.push(...entries)
    if (found.length >= most) break
  }
  return found
}

interface Flags {
  readonly actor: string | undefined
  readonly action: string | undefined
  readonly subject: string | undefined
  readonly from: string | undefined
  readonly to: string | undefined
}

function queryOf({ from, to, ...flags }: Flags): Query {
  return {
    ...Object.fromEntries(Object.entries(flags).filter(([name, value]) => value !== undefined && name in FILTER)),
    ...(from !== undefined && { from: readInstant('--from', from) }),
    ...(to !== undefined && { to: readInstant('--to', to) }),
  }
}

/** A day, which begins in UTC, or an instant. @throws {DaybreakError} USAGE_INVALID naming the flag. */
function readInstant(flag: string, text: string): string {
  try {
    return isoText(Temporal.Instant.from(/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text).toString())
  } catch {
    throw new DaybreakError('USAGE_INVALID', `${flag} is "${text}"; expected 2026-11-30 or 2026-11-30T09:00:00Z`)
  }
}

function toRow({ at, actor, role, action, subject, details }: Entry) {
  return { at: isoText(at), actor, role, action, subject, details }
}
