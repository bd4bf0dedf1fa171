import { useState } from 'react'
import { Link } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { bytesOf, several } from '../../data/amount.ts'
import { isDated } from '../../data/time.ts'
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
        <dd className="font-mono text-sm break-all">
          {file?.path ?? (isDated(slice.window) ? 'not seen yet' : 'rows of a table')}
        </dd>
        <dt className="text-dim">raw</dt>
        <dd className="font-mono text-sm break-all">
          {sha256 === null ? 'not archived yet' : <Hash sha256={sha256} />} {bytes !== null && bytesOf(bytes)}
        </dd>
        <dt className="text-dim">contract</dt>
        <dd>
          {isDated(slice.window) && <Link to={`/data/${encodeURIComponent(slice.stream)}`}>{slice.stream}</Link>}{' '}
          {published?.contract}
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

/** A hash by its ends; it is copied whole. */
function Hash({ sha256 }: { readonly sha256: string }) {
  const [isCopied, setCopied] = useState(false)
  const copy = async () => {
    await navigator.clipboard.writeText(sha256)
    setCopied(true)
  }
  return (
    <span title={sha256}>
      sha256 {sha256.slice(0, 8)}…{sha256.slice(-4)}{' '}
      <button type="button" onClick={() => void copy()} className="font-sans text-dim underline" aria-live="polite">
        {isCopied ? 'copied' : 'copy'}
      </button>
    </span>
  )
}
