import { useState } from 'react'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { useView } from '../../app/view.ts'
import { bytesOf, countOf } from '../../data/amount.ts'
import { Button } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'
import { When } from '../../parts/when.tsx'
import { Difference } from './difference.tsx'

type Answer = ApiAnswer<'GET /api/slices/{pipeline}/{window}/{shard}/{stream}'>

/** Files of a slice as they were delivered, and what changed from one to the next. */
export function Versions({ slice }: { readonly slice: Answer }) {
  const { me } = useView()
  const { versions } = slice
  const [compared, compare] = useState(versions.length > 1 ? versions[0]?.version : undefined)
  const at = versions.findIndex(({ version }) => version === compared)
  const [to, from] = [versions[at], versions[at + 1]]
  const root = `/api/slices/${[slice.pipeline, slice.window, slice.shard, slice.stream].map(encodeURIComponent).join('/')}`
  if (versions.length === 0)
    return (
      <Panel title="Versions">
        <span className="text-dim">No version has arrived yet.</span>
      </Panel>
    )
  return (
    <Panel title="Versions, newest first" isFlush>
      <Table
        label="Versions"
        heads={['Version', 'Brought in', '-Hash', '->Bytes', '>Accepted', '->Set aside', 'State', '-']}
      >
        {versions.map((version, place) => (
          <tr key={version.version}>
            <Cell>
              <strong className="font-semibold">v{versions.length - place}</strong>
            </Cell>
            <Cell>
              <When at={version.at} place={slice.timeZone} />
            </Cell>
            <Cell isMinor title={`sha256 ${version.sha256}`}>
              <span className="font-mono text-sm">{version.version}</span>
            </Cell>
            <Cell isNumber isMinor>
              {bytesOf(version.bytes)}
            </Cell>
            <Cell isNumber>{version.counts ? countOf(version.counts.accepted) : '–'}</Cell>
            <Cell isNumber isMinor>
              {version.counts ? countOf(version.counts.rejected) : '–'}
            </Cell>
            <Cell isWide>
              {version.isPublished ? (
                <Chip state="loaded">in the table</Chip>
              ) : version.reason ? (
                <Told text={version.reason.message} />
              ) : (
                <span className="text-dim">replaced</span>
              )}
            </Cell>
            <Cell isMinor>
              <span className="flex justify-end gap-1.5">
                {me.role !== 'viewer' && place < versions.length - 1 && (
                  <Button onClick={() => compare(version.version)} aria-pressed={version.version === compared}>
                    Compare with v{versions.length - place - 1}
                  </Button>
                )}
                {me.role === 'admin' && (
                  <a href={`${root}/versions/${version.version}/raw`} download className="self-center underline">
                    Download
                    <span className="sr-only"> version {versions.length - place} as it was delivered</span>
                  </a>
                )}
              </span>
            </Cell>
          </tr>
        ))}
      </Table>
      {me.role !== 'viewer' && to && from && (
        <Difference slice={slice} from={from.version} to={to.version} name={`v${versions.length - at}`} />
      )}
    </Panel>
  )
}
