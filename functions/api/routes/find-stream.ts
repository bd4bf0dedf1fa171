import type { Contract } from '../../contract/contract.ts'
import { DaybreakError } from '../../errors.ts'
import { invalid } from '../../http/problem.ts'
import type { PipelineDefinition } from '../../pipeline/definition.ts'
import { findDefinition } from '../answers.ts'
import type { ApiContext } from '../context.ts'

/** A stream with its pipeline. */
export interface FoundStream {
  readonly definition: PipelineDefinition
  readonly contract: Contract
}

/** The stream of that name; the pipeline is needed where several have it. @throws {DaybreakError} NOT_FOUND, REQUEST_INVALID. */
export function findStream(stream: string, pipeline: string | undefined, context: ApiContext): FoundStream {
  const among = pipeline === undefined ? [...context.definitions.values()] : [findDefinition(context, pipeline)]
  const found = among.flatMap((definition) => {
    const contract = definition.contracts.get(stream)
    return contract ? [{ definition, contract }] : []
  })
  const [first, another] = found
  if (!first) throw new DaybreakError('NOT_FOUND', `there is no stream ${JSON.stringify(stream)}`)
  if (another) throw invalid(`pipeline: expected one of ${found.map(({ definition }) => definition.name).join(', ')}`)
  return first
}
