import { Link } from 'react-router'
import { nodeHref } from '../data/paths.ts'

/** Name of a node of the lineage, as a link to its page. */
export function NodeLink({ id }: { readonly id: string }) {
  const name = id.replace(/^(models\.|exposure:|file:)/, '')
  return (
    <Link to={nodeHref(id)} className="underline decoration-line-strong underline-offset-2">
      {name}
    </Link>
  )
}
