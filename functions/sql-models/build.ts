import { DaybreakError, toDaybreakError } from '../errors.ts'
import { quoteIdentifier, quoteString } from '../sql/dialects/postgres/quote.ts'
import type { SqlSession } from '../sql/session.ts'
import type { SqlModel } from './order.ts'

const STAGE = 'pg_temp.daybreak_model'

/**
 * Replaces the table of a model by the rows of its query, after its checks, in one transaction: readers see the old rows, or all of the
 * new ones. Gives their number. @throws {DaybreakError} MODEL_FAILED, MODEL_HELD.
 */
export async function buildSqlModel({ config, sql, table }: SqlModel, session: SqlSession): Promise<number> {
  const { model, key, checks, description } = config
  const target = `${quoteIdentifier(table.schema)}.${quoteIdentifier(table.name)}`
  const count = async (text: string) =>
    Number((await session.query(`SELECT count(*) AS n FROM ${text}`))[0]?.['n'] ?? 0)
  await session.run('BEGIN')
  try {
    await session.run(`SELECT pg_advisory_xact_lock(hashtextextended(${quoteString(`daybreak: model ${target}`)}, 0))`)
    await session.run(`CREATE TEMPORARY TABLE daybreak_model ON COMMIT DROP AS ${sql.trim().replace(/;$/, '')}`)
    for (const { name, that } of [...keyChecks(key), ...checks]) {
      const wrong = await count(`${STAGE} WHERE NOT (${that})`)
      if (wrong > 0) throw held(`${model}: the check ${name} fails for ${wrong} rows: expected ${that}`)
    }
    const list = key.map((name) => quoteIdentifier(name)).join(', ')
    const twice = key.length === 0 ? 0 : await count(`(SELECT 1 FROM ${STAGE} GROUP BY ${list} HAVING count(*) > 1) x`)
    if (twice > 0) throw held(`${model}: ${twice} values of the key (${key.join(', ')}) are there more than once`)
    await replace(session, { table, target, list })
    await session.run(`COMMENT ON TABLE ${target} IS ${quoteString(description)}`)
    const rows = await count(target)
    await session.run('COMMIT')
    return rows
  } catch (error) {
    await session.run('ROLLBACK').catch(() => undefined)
    const failure = toDaybreakError(error)
    if (failure.code !== 'LOAD_REJECTED') throw failure
    throw new DaybreakError('MODEL_FAILED', `${model}: ${failure.message}`, { cause: error })
  }
}

function keyChecks(key: readonly string[]) {
  return key.map((name) => ({ name: `key ${name}`, that: `${quoteIdentifier(name)} IS NOT NULL` }))
}

function held(message: string): DaybreakError {
  return new DaybreakError('MODEL_HELD', `${message}. The table keeps the rows it had`)
}

interface Target {
  readonly table: SqlModel['table']
  readonly target: string
  readonly list: string
}

/** A table with the same columns keeps its rights, indexes and views; another is dropped and made anew, which views refuse. */
async function replace(session: SqlSession, { table, target, list }: Target): Promise<void> {
  const [known] = await session.query(
    `SELECT 1 AS found FROM pg_namespace WHERE nspname = ${quoteString(table.schema)}`,
  )
  if (known === undefined) await session.run(`CREATE SCHEMA ${quoteIdentifier(table.schema)}`)
  const shape = async (name: string) => {
    const rows = await session.query(
      `SELECT string_agg(attname || ' ' || format_type(atttypid, atttypmod), ', ' ORDER BY attnum) AS shape FROM pg_attribute
       WHERE attrelid = to_regclass(${quoteString(name)}) AND attnum > 0 AND NOT attisdropped`,
    )
    return rows[0]?.['shape'] ?? null
  }
  const [before, now] = [await shape(target), await shape(STAGE)]
  if (before === now) await session.run(`TRUNCATE ${target}`)
  else {
    if (before !== null) await session.run(`DROP TABLE ${target}`)
    await session.run(`CREATE TABLE ${target} (LIKE ${STAGE})`)
    if (list !== '') await session.run(`ALTER TABLE ${target} ADD PRIMARY KEY (${list})`)
  }
  await session.run(`INSERT INTO ${target} SELECT * FROM ${STAGE}`)
}
