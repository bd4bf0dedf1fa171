import { profiledColumns, profilesTable } from '../../engine/profiles/profiles.ts'
import { warehouseOf } from '../../pipeline/destination.ts'
import { profileTrends } from '../../pipeline/views/profile-trends.ts'
import { type ProfilePoint, readProfiles } from '../../pipeline/views/profiles.ts'
import { expectKnown, expectVisible, shardFilter } from '../answers.ts'
import type { ApiHandler } from '../call.ts'
import { findStream } from './find-stream.ts'
import { rangeOf } from './quality.ts'

/** Profiles of a stream's columns by window. */
export const showProfiles: ApiHandler<'GET /api/profiles/{stream}'> = async ({ path, query, principal }, context) => {
  const { definition, contract } = findStream(path.stream, query.pipeline, context)
  const asked = query.shard === undefined ? [] : [query.shard]
  expectVisible(principal, asked)
  const known = profiledColumns(contract)
  expectKnown(
    'column',
    query.column,
    known.map(({ name }) => name),
  )
  const range = await rangeOf(definition, query, context)
  const { shards } = shardFilter(principal, asked)
  const table = profilesTable(definition.name, definition.contracts.values())
  const filter = {
    ...{ stream: path.stream, ...range },
    ...(shards && { shards }),
    ...(query.column.length > 0 && { columns: query.column }),
  }
  // A condition that matches nothing is no SQL.
  const points =
    shards?.length === 0 ? [] : await readProfiles(warehouseOf(context.ports, definition.name), table, filter)
  const described = new Map([...contract.columns, ...contract.derived].map((one) => [one.name, one.description]))
  return {
    body: {
      stream: path.stream,
      sentence: sentenceOf(points, range),
      columns: known
        .filter(({ name }) => query.column.length === 0 || query.column.includes(name))
        .map(({ name, type, isShown }) => ({ name, type, isShown, description: described.get(name) ?? '' })),
      trends: profileTrends(points).map(({ isSure: _, ...trend }) => trend),
      points: points.map((point) => ({ ...point, frequent: point.frequent.map((one) => ({ ...one })) })),
    },
  }
}

function sentenceOf(
  points: readonly ProfilePoint[],
  { from, to }: { readonly from: string; readonly to: string },
): string {
  const windows = new Set(points.map(({ window }) => window))
  if (windows.size === 0) return `No profile from ${from} to ${to}: files that are read from now on have one.`
  const columns = new Set(points.map(({ column }) => column))
  const files = Math.max(...points.map((point) => point.files))
  return `${columns.size} columns on ${windows.size} days, of up to ${files} files a day.`
}
