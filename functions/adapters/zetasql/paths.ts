import { z } from 'zod'

/** A table as a statement names it, and the bytes of the statement where it does. */
export interface TablePath {
  readonly names: readonly string[]
  readonly start: number
  readonly end: number
  readonly hasAlias: boolean
}

const Range = z.object({ start: z.int(), end: z.int() })
const Located = z.object({ parent: z.object({ parent: z.object({ parseLocationRange: Range }) }) })
const PathNode = z.object({
  pathExpr: z.object({ names: z.array(Located.extend({ idString: z.string() })).min(1) }),
  alias: z.unknown().optional(),
})

/** The tables that a parsed statement names, by their place in it. */
export function tablePaths(tree: unknown): readonly TablePath[] {
  if (Array.isArray(tree)) return tree.flatMap(tablePaths)
  if (typeof tree !== 'object' || tree === null) return []
  return Object.entries(tree).flatMap(([field, node]) => {
    const found = field === 'astTablePathExpressionNode' ? PathNode.safeParse(node) : undefined
    return [...(found?.success ? [toPath(found.data)] : []), ...tablePaths(node)]
  })
}

function toPath({ pathExpr: { names }, alias }: z.infer<typeof PathNode>): TablePath {
  const ranges = names.map(({ parent }) => parent.parent.parseLocationRange)
  return {
    names: names.map(({ idString }) => idString),
    start: ranges[0]?.start ?? 0,
    end: ranges.at(-1)?.end ?? 0,
    hasAlias: alias !== undefined && alias !== null,
  }
}

/** The statement with the names of some tables changed; the alias that the old name implied in BigQuery stays. */
export function renameTables(
  sql: string,
  paths: readonly TablePath[],
  nameOf: (names: readonly string[]) => string | null,
): string {
  let bytes = Buffer.from(sql)
  for (const { names, start, end, hasAlias } of paths.toSorted((a, b) => b.start - a.start)) {
    const name = nameOf(names)
    if (name === null) continue
    const alias = hasAlias ? '' : ` AS \`${names.at(-1)?.split('.').at(-1)}\``
    bytes = Buffer.concat([bytes.subarray(0, start), Buffer.from(`\`${name}\`${alias}`), bytes.subarray(end)])
  }
  return bytes.toString('utf8')
}
