const STAR = /^astStar(WithModifiers)?(Node)?$/
// What stands there is no part of the output.
const INNER =
  /^(fromClause|withClause|whereClause|having|qualify|orderBy|groupBy)$|SubqueryNode$|^astFunctionCallNode$/i

/** True if the output of a parsed query says `*`, with or without EXCEPT. */
export function hasStar(tree: unknown): boolean {
  if (Array.isArray(tree)) return tree.some(hasStar)
  if (typeof tree !== 'object' || tree === null) return false
  return Object.entries(tree).some(([field, node]) => {
    if (typeof node !== 'object' || node === null || INNER.test(field)) return false
    return STAR.test(field) || hasStar(node)
  })
}
