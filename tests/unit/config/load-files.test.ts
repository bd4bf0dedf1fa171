import { describe, expect, it } from 'vitest'
import type { LocationConfig, PipelineConfig } from '../../../functions/config/config.ts'
import { loadFilesIssues } from '../../../functions/config/load-files.ts'
import { toDaybreakError } from '../../../functions/errors.ts'
import { loadFiles, projectFiles } from '../../support/project.ts'

const CLOUD = `version: 1
environment: cloud
google: { project: acme-daybreak, region: us-central1 }
connections:
  toast: { kind: folder, root: inbox }
  lake: { kind: duckdb, path: lake.duckdb }
objects: { kind: gcs, raw_bucket: acme-raw, parts_bucket: acme-parts, control_bucket: acme-control }
warehouse: { kind: bigquery, location: US }
ledger: { kind: sqlite, path: ledger.sqlite }
secrets: { kind: secret-manager }
privacy: { hash_key: secret://hash-key }
`

function chain(locations: number): Readonly<Record<string, string>> {
  const list = Array.from(
    { length: locations },
    (_, at) => `  - { id: '${at + 1}', name: R, time_zone: America/New_York }`,
  )
  const text = ['version: 1', 'locations:', ...list, ''].join('\n')
  return projectFiles({ 'config/environments/cloud.yaml': CLOUD, 'config/locations.yaml': text })
}

const small = await loadFiles(chain(1), { environment: 'cloud' })

interface Chain {
  readonly locations: number
  /** Of them, those that do not export payments. */
  readonly without?: number
  readonly profiles?: boolean
  readonly destination?: string
}

function messages({ locations, without = 0, ...more }: Chain): readonly string[] {
  const [location] = small.locations.locations
  const pipeline = small.pipelines.get('toast')
  if (!location || pipeline?.kind !== undefined) throw new TypeError('the project is another')
  const all = Array.from(
    { length: locations },
    (_, at): LocationConfig => ({
      ...{ ...location, id: String(at + 1) },
      streamsOff: at < without ? ['payments'] : [],
    }),
  )
  const changed = { ...pipeline, ...more } as PipelineConfig
  const { environment } = small
  return loadFilesIssues(changed, { environment, destinations: small.destinations, locations: all }).map(
    ({ message }) => message,
  )
}

describe('a load of BigQuery', () => {
  it('may have 10,000 files, and not one more: the profiles of 5,001 locations with two streams', () => {
    expect(messages({ locations: 5_000 })).toEqual([])
    expect(messages({ locations: 5_001, without: 2 })).toEqual([])
    expect(messages({ locations: 5_001, without: 1 })).toEqual([
      '5001 locations and 2 streams are up to 10001 profiles of a date, and BigQuery takes 10000 files with one load; say `profiles: false`, or move some locations to a second pipeline',
    ])
  })

  it('has as many as there are locations where no profiles are made', () => {
    expect(messages({ locations: 10_000, profiles: false })).toEqual([])
    expect(messages({ locations: 10_001, profiles: false })).toEqual([
      expect.stringMatching(/^10001 locations are 10001 files of a stream and date.*move some of them to a second/),
    ])
  })

  it('is not what another warehouse is asked for', () => {
    expect(messages({ locations: 5_001, destination: 'lake' })).toEqual([])
  })

  it('is refused where the pipeline lists its streams', async () => {
    const error: unknown = await loadFiles(chain(5_001), { environment: 'cloud' }).catch((thrown: unknown) => thrown)
    expect(toDaybreakError(error).message).toMatch(/toast\.yaml:5:\d+ .*5001 locations and 2 streams/)
  }, 60_000)
})
