import { describe } from 'vitest'
import { openBigqueryReader } from '../../functions/adapters/bigquery/reader.ts'
import { bigqueryWithParts } from '../support/bigquery.ts'
import { testReader } from './reader.ts'

describe('a reader of a local BigQuery', () => {
  testReader(async () => {
    const { open, server, clock, part } = await bigqueryWithParts()
    const { project, url: endpoint } = server
    const settings = { project, location: 'US', endpoint, maximumBytesBilled: 10_737_418_240, dataset: 'toast' }
    const reader = openBigqueryReader({ ...settings, clock, log: () => undefined, random: () => 0.5 })
    return { warehouse: open(), reader, part }
  })
})
