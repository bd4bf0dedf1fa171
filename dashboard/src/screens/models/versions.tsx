import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { When } from '../../parts/when.tsx'

/** Versions that are kept: what readers see, and what they saw before. */
export function Versions({ model }: { readonly model: ApiAnswer<'GET /api/models/{model}'> }) {
  return (
    <Panel title="Versions, newest first" isFlush>
      {model.versions.length === 0 ? (
        <Empty>No version is built yet.</Empty>
      ) : (
        <Table label="Versions" heads={['Version', 'State', 'First built', 'Shown since', 'By', '>Release']}>
          {model.versions.map(({ version, createdAt, isShown, release }) => (
            <tr key={version}>
              <Cell>
                <span className="font-mono text-sm">{version}</span>
              </Cell>
              <Cell>
                <Chip state={isShown ? 'shown' : release === null ? 'not applied' : 'replaced'} />
              </Cell>
              <Cell>
                <When at={createdAt} />
              </Cell>
              <Cell>
                <When at={release?.at ?? null} />
              </Cell>
              <Cell>{release?.by}</Cell>
              <Cell isNumber>{release?.number}</Cell>
            </tr>
          ))}
        </Table>
      )}
    </Panel>
  )
}
