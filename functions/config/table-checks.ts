import type { Issue } from '../contract/issue.ts'
import { didYouMean } from '../lib/did-you-mean.ts'
import { isFileKind, tableKindsOf } from './connections.ts'
import { conversionIssues } from './conversion-checks.ts'
import type { Connections } from './merge-connections.ts'
import type { TablePipeline } from './table-pipeline.ts'

/** Connections that a pipeline of tables names and that have not the part that it needs. */
export function connectionIssues(pipeline: TablePipeline, all: Connections['all']): readonly Issue[] {
  const roles = (['source', 'destination'] as const).flatMap((role) => {
    const name = pipeline[role]
    const kinds = tableKindsOf(role)
    const found = Object.hasOwn(all, name) ? all[name] : undefined
    if (found !== undefined && kinds.includes(found.kind)) return []
    const message =
      found === undefined
        ? `there is no connection "${name}".${didYouMean(name, Object.keys(all))}`
        : `"${name}" is a connection of the kind ${found.kind}, which is no ${role} of tables; expected one of the kind ${kinds.join(', ')}`
    return [{ path: [role], message }]
  })
  const kind = Object.hasOwn(all, pipeline.source) ? all[pipeline.source]?.kind : undefined
  const conversions = kind === undefined ? [] : conversionIssues(pipeline, isFileKind(kind))
  return [...roles, ...fileIssues(pipeline, all), ...conversions]
}

/** Streams that ask a server about rows, where there are only files. */
function fileIssues({ source, tables }: TablePipeline, all: Connections['all']): readonly Issue[] {
  if (!Object.hasOwn(all, source) || !isFileKind(all[source]?.kind ?? '')) return []
  return Object.entries(tables).flatMap(([name, { where, cursor }]) => [
    ...(where === undefined
      ? []
      : [
          {
            path: ['streams', name, 'where'],
            message: `"${source}" has files, whose rows are all read; expected none`,
          },
        ]),
    ...(cursor === undefined || cursor.column === '_modified_at'
      ? []
      : [
          {
            path: ['streams', name, 'cursor', 'column'],
            message: `"${source}" has files, which are new or changed by \`_modified_at\`; expected that`,
          },
        ]),
  ])
}

/** Streams whose members contradict each other. */
export function tableIssues({ tables }: TablePipeline): readonly Issue[] {
  return Object.entries(tables).flatMap(([name, { mode, onConflict, cursor, key, deletes }]) => {
    const at = (member: string, message: string) => ({ path: ['streams', name, member], message })
    const needsCursor = mode === 'incremental' || mode === 'append'
    return [
      ...(needsCursor && cursor === undefined
        ? [at('mode', `\`${mode}\` needs a \`cursor\` with the column that grows`)]
        : []),
      ...(!needsCursor && cursor !== undefined
        ? [at('cursor', `is of no use with \`mode: ${mode}\`, which reads all rows`)]
        : []),
      ...(deletes !== undefined && (mode === 'snapshot' || mode === 'append' || onConflict === 'replace')
        ? [
            at(
              'deletes',
              'is for rows that are found again by their key; a table that is replaced, or only added to, has none to delete',
            ),
          ]
        : []),
      ...(onConflict === 'replace' && mode !== 'full'
        ? [
            at(
              'on_conflict',
              `"replace" would remove all rows that a window of \`mode: ${mode}\` does not hold; expected \`overwrite\``,
            ),
          ]
        : []),
      ...(RESERVED.includes(name)
        ? [{ path: ['streams', name], message: `"${name}" is the name of a table of Daybreak` }]
        : []),
      ...(key !== undefined && new Set(key).size < key.length ? [at('key', 'names a column twice')] : []),
    ]
  })
}

// The streams and datasets that Daybreak has itself.
const RESERVED = ['rejects', 'profiles']
