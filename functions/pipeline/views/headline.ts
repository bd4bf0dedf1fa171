import { sumDecimals } from '../../lib/decimal.ts'
import type { PipelineDefinition } from '../definition.ts'
import type { Slice } from '../entities.ts'

/** The main amount of a day. */
interface Headline {
  readonly label: string
  /** Exact decimal number as text. */
  readonly amount: string
  readonly unit: string
}

/** Pure: the main amount of the given loaded slices; null for a pipeline that names none. */
export function headlineOf({ config, contracts }: PipelineDefinition, loaded: readonly Slice[]): Headline | null {
  const { headline } = config
  if (!headline) return null
  const amounts = loaded.flatMap(({ stream, delivery }) => {
    const amount = stream === headline.stream ? delivery?.totals[headline.sum] : undefined
    return amount === undefined ? [] : [amount]
  })
  const column = contracts.get(headline.stream)?.columns.find(({ name }) => name === headline.sum)
  const amount = amounts.length === 0 ? '0' : sumDecimals(amounts)
  return { label: headline.label, amount, unit: column?.unit ?? '' }
}
