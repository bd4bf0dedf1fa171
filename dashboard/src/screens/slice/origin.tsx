import { Link } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { bytesOf, several } from '../../data/amount.ts'
import { Panel } from '../../parts/panel.tsx'
import { When } from '../../parts/when.tsx'

type Answer = ApiAnswer<'GET /api/slices/{pipeline}/{window}/{shard}/{stream}'>

/** Where the rows came from: file, hash, contract, partition, run. */
export function Origin({ slice }: { readonly slice: Answer }) {
  const { file, sha256, bytes, partition, runId } = slice
  const published = slice.versions.find(({ isPublished }) => isPublished)
  return (
    <Panel title="Where it came from">
      <dl className="grid grid-cols-[90px_minmax(0,1fr)] gap-y-1">
        <dt className="text-dim">file</dt>
        <dd className="font-mono text-sm break-all">{file?.path ?? 'not seen yet'}</dd>
        <dt className="text-dim">raw</dt>
        <dd className="font-mono text-sm break-all">
          {sha256 === null ? 'not archived yet' : `sha256 ${sha256}`} {bytes !== null && bytesOf(bytes)}
        </dd>
        <dt className="text-dim">contract</dt>
        <dd>
          <Link to={`/data/${encodeURIComponent(slice.stream)}`}>{slice.stream}</Link> {published?.contract}
        </dd>
        <dt className="text-dim">partition</dt>
        <dd>
          {partition
            ? `${partition.state}, manifest ${partition.loaded} of ${partition.wanted}, ${several(partition.rows, 'row')}`
            : 'none yet'}
        </dd>
        <dt className="text-dim">run</dt>
        <dd>
          {runId === null ? (
            'none yet'
          ) : (
            <Link to={`/runs/${runId}`}>
              <When at={slice.updatedAt} place={slice.timeZone} />
            </Link>
          )}
        </dd>
      </dl>
    </Panel>
  )
}
