import { z } from 'zod'
import { type BigquerySettings, openBigquery } from './client.ts'
import { readProblem, warehouseError } from './errors.ts'

const Dataset = z.object({ location: z.string() })

/**
 * Where a dataset is; null when there is none of that name.
 * @throws {DaybreakError} WAREHOUSE_DENIED, WAREHOUSE_FAILED.
 */
export async function datasetLocation(settings: BigquerySettings, name: string): Promise<string | null> {
  try {
    const [metadata] = await openBigquery(settings).dataset(name).getMetadata()
    return Dataset.parse(metadata).location
  } catch (error) {
    if (readProblem(error).status === 404) return null
    throw warehouseError(error, `look at the dataset ${name}`)
  }
}
