import { Link } from 'react-router'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { bytesOf, countOf, several } from '../../data/amount.ts'
import { modelHref } from '../../data/paths.ts'
import { useApi } from '../../data/query.ts'
import { Asked } from '../../parts/asked.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Head } from '../../parts/head.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'

type Changes = ApiAnswer<'GET /api/models:plan'>['changes']

/** What would change for readers if the models of the project were applied? */
export function ModelChanges() {
  const query = useApi('GET /api/models:plan')
  return (
    <Asked query={query} what="the comparison">
      {({ changes }) => (
        <>
          <Head
            trail={<Link to="/models">Models</Link>}
            sentence={sentenceOf(changes)}
            more={
              changes.length === 0 ? (
                'A change of a query, its columns or its checks in the project appears here before readers see it.'
              ) : (
                <>
                  Readers see the old versions until an operator runs <code>npx daybreak model apply</code>, which
                  builds the new ones next to them and swaps at the end.
                </>
              )
            }
          />
          <Panel label="Changes" isFlush>
            {changes.length === 0 ? (
              <Empty>Readers see the models of the project.</Empty>
            ) : (
              <Table
                label="Changes"
                heads={['Model', 'Change', 'Because', '>Partitions to build', '-Billed', '-Seen on']}
              >
                {changes.map(({ model, category, reasons, partitions, bytes, exposures }) => (
                  <tr key={model}>
                    <Cell>
                      <Link to={modelHref(model)}>{model}</Link>
                    </Cell>
                    <Cell>
                      <Chip state={category} />
                    </Cell>
                    <Cell isWide>{reasons.join(', ')}</Cell>
                    <Cell isNumber>{countOf(partitions)}</Cell>
                    <Cell isMinor>{bytes === null ? 'nothing' : bytesOf(bytes)}</Cell>
                    <Cell isMinor isWide>
                      {exposures.join(', ')}
                    </Cell>
                  </tr>
                ))}
              </Table>
            )}
          </Panel>
        </>
      )}
    </Asked>
  )
}

function sentenceOf(changes: Changes): string {
  if (changes.length === 0) return 'Nothing differs from what readers see.'
  const breaking = changes.filter(({ category }) => category === 'breaking').length
  const all = several(changes.length, 'model differs', 'models differ')
  return `${all} from what readers see; ${breaking === 0 ? 'no change is breaking' : several(breaking, 'change is breaking', 'changes are breaking')}.`
}
