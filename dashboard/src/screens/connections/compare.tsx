import { useActionState } from 'react'
import type { ApiAnswer } from '../../../../functions/api/contract/client.ts'
import { countOf } from '../../data/amount.ts'
import { api } from '../../data/api.ts'
import { useApi } from '../../data/query.ts'
import { Asked, Refused } from '../../parts/asked.tsx'
import { Button } from '../../parts/button.tsx'
import { Chip } from '../../parts/chip.tsx'
import { Empty } from '../../parts/empty.tsx'
import { Panel } from '../../parts/panel.tsx'
import { Cell, Table } from '../../parts/table.tsx'
import { Told } from '../../parts/told.tsx'

type Comparison = ApiAnswer<'POST /api/pipelines/{pipeline}:compare'>
type State = { readonly answer?: Comparison; readonly error?: Error } | null

/** Are both sides the same? Pipelines that copy tables, each compared when one asks. */
export function Compare({ mayAct }: { readonly mayAct: boolean }) {
  const query = useApi('GET /api/pipelines')
  return (
    <Panel title="Both sides of each copy" isFlush>
      <Asked query={query} what="the pipelines">
        {({ pipelines }) => {
          const copies = pipelines.filter(({ kind }) => kind === 'table')
          if (copies.length === 0) return <Empty>No pipeline copies tables.</Empty>
          return copies.map(({ name, source, destination }) => (
            <OfPipeline
              key={name}
              name={name}
              mayAct={mayAct}
              says={`${source.name} (${source.kind ?? 'not here'}) → ${destination.name} (${destination.kind})`}
            />
          ))
        }}
      </Asked>
    </Panel>
  )
}

interface OfPipelineProps {
  readonly name: string
  readonly says: string
  readonly mayAct: boolean
}

function OfPipeline({ name, says, mayAct }: OfPipelineProps) {
  const [state, act, isAsking] = useActionState<State>(async () => {
    try {
      return { answer: await api('POST /api/pipelines/{pipeline}:compare', { path: { pipeline: name }, body: {} }) }
    } catch (error) {
      return { error: error instanceof Error ? error : new Error(String(error)) }
    }
  }, null)
  return (
    <form action={act} className="border-b px-3 py-2 last:border-0">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span className="font-medium">{name}</span>
        <span className="text-dim">{says}</span>
        {mayAct && (
          <span className="ml-auto">
            <Button type="submit" disabled={isAsking} aria-label={`Compare ${name}`}>
              {isAsking ? 'Comparing …' : 'Compare'}
            </Button>
          </span>
        )}
      </div>
      <div aria-live="polite">
        {state?.error && <Refused error={state.error} what={`both sides of ${name}`} />}
        {state?.answer && <Result answer={state.answer} />}
      </div>
    </form>
  )
}

function Result({ answer: { sentence, streams } }: { readonly answer: Comparison }) {
  return (
    <>
      <p className="py-1">{sentence}</p>
      <Table label={sentence} heads={['Table', '>Source', '>Destination', 'Result', 'What differs']}>
        {streams.map(({ stream, result, sourceRows, destinationRows, keys, reason }) => (
          <tr key={stream}>
            <Cell>{stream}</Cell>
            <Cell isNumber>{sourceRows === null ? '–' : countOf(sourceRows)}</Cell>
            <Cell isNumber>{destinationRows === null ? '–' : countOf(destinationRows)}</Cell>
            <Cell>
              <Chip state={result === 'equal' ? 'pass' : result === 'different' ? 'fail' : 'absent'}>{result}</Chip>
            </Cell>
            <Cell isWide>
              {reason !== null && <Told text={reason} />}
              {keys.map(({ key, difference }) => (
                <div key={key}>
                  <code className="font-mono text-sm">{key}</code> {difference}
                </div>
              ))}
            </Cell>
          </tr>
        ))}
      </Table>
    </>
  )
}
