import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { corpusCases, hasCorpus, openReplayer, type Replayer, recordedCase } from '../support/bigquery-corpus.ts'

/**
 * What the local BigQuery does not do, and why Daybreak needs none of it. It has to say so: an answer that is not the recorded
 * one would be worse than none.
 */
const OUT_OF_SCOPE: readonly (readonly [RegExp, string])[] = [
  [
    /^(dml_merge|error_alter|ddl_alter|ddl_result_alter)/,
    'partitions are replaced, not merged; tables change by tables.patch',
  ],
  [/^ddl_(result_)?(create|drop)_(view|schema)/, 'views and datasets are made by Terraform'],
  [
    /^(param_|positional_|dml_insert_with_parameters)/,
    'statements of the product hold literals that were checked, and no parameters',
  ],
  [
    /^(dml_insert_(array|struct)_value|select_(array|struct)_(literal|nested)|ddl_result_create_table_complex_types)$/,
    'contracts have no nested columns',
  ],
  [/^(wildcard_|partition_(hour|month|year|int|prune)_)/, 'tables are partitioned by the day of a DATE column'],
  [
    /^(win_(dense_rank|rank|lag|lead)|select_(avg|count_if|string_concat_fn)|arith_div|dml_insert_select$)/,
    'functions without a caller',
  ],
  [/^select_(bignumeric|bytes)_literal$/, 'no contract has such a type'],
  [/^(cache_disabled_with_count_distinct|max_bytes_billed_exceeded)$/, 'UNNEST'],
  [/information_schema$/, 'INFORMATION_SCHEMA'],
  [/^dry_run_invalid_function$/, 'which functions BigQuery has is not known here, only which ones this server has'],
]

/** Statements that the job options of the product cannot ask. */
const NOT_ASKED = /^(session_|job_timeout_|legacy_sql_)/

/** Where something other than rows, types and reasons differs, which nothing reads. */
const DIFFERENT: Readonly<Record<string, string>> = {
  dry_run_insert: 'the schema that a dry run tells of a change',
  join_right_three_way: 'the bytes of a join over three tables',
}

const GROUPS = ['api_configuration', 'partitioning_clustering', 'rest_crud'] as const
const reasonOf = (name: string) => OUT_OF_SCOPE.find(([pattern]) => pattern.test(name))?.[1]

describe.skipIf(!hasCorpus)('what real BigQuery answered (skipped: corpus not present)', () => {
  let replayer: Replayer
  beforeAll(async () => {
    replayer = await openReplayer()
  })
  afterAll(() => replayer.close())

  const cases = GROUPS.flatMap((group) => corpusCases(group).map((name) => ({ group, name })))
  const asked = cases.filter(({ name }) => !NOT_ASKED.test(name))
  const inScope = asked.filter(({ name }) => reasonOf(name) === undefined && !(name in DIFFERENT))

  it('is replayed for the greater part', () => {
    expect(inScope.length).toBeGreaterThan(100)
  })

  it.each(inScope)('$group $name: the same', async ({ group, name }) => {
    const { error, schema, rows, bigquery, job_metadata: metadata } = recordedCase(group, name)
    const observed = await replayer.replay(group, name)
    if (error) {
      expect(observed.error).toMatchObject({
        reason: error.reason,
        message: expect.stringMatching(error.message_pattern),
      })
      return
    }
    const sorted = (list: readonly object[] = []) => list.map((row) => JSON.stringify(row)).toSorted()
    expect(observed.error).toBeUndefined()
    expect(observed.schema).toEqual(schema)
    expect(sorted(observed.rows)).toEqual(sorted(rows))
    expect(observed.processed).toBe(bigquery.total_bytes_processed)
    if (observed.statementType !== 'SCRIPT' && metadata?.statement_type) {
      expect(observed.billed).toBe(bigquery.total_bytes_billed)
      expect(observed.statementType).toBe(metadata.statement_type)
      expect(observed.affected).toBe(metadata.num_dml_affected_rows)
    }
  })

  it.each(asked.filter(({ name }) => name in DIFFERENT))('$group $name: the same rows', async ({ group, name }) => {
    const { rows } = recordedCase(group, name)
    expect((await replayer.replay(group, name)).rows).toEqual(rows)
  })

  const outOfScope = asked.filter(({ name }) => reasonOf(name) !== undefined)
  it.each(outOfScope)('$group $name: refused, because the product does not need it', async ({ group, name }) => {
    expect(await replayer.replay(group, name), reasonOf(name)).toMatchObject({ error: { reason: 'notImplemented' } })
  })
})
