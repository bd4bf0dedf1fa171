import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { LoadEntry, Warehouse } from '../../functions/pipeline/destination.ts'
import { type Answer, isWriting, type Question, type Reader } from '../../functions/pipeline/ports.ts'
import { testFolder } from '../support/folder.ts'
import { DAY, load } from './warehouse-load.ts'
import { COLUMNS, TABLE } from './warehouse-table.ts'

export interface ReaderFixture {
  /** Loads what the reader is asked about. */
  readonly warehouse: Warehouse
  readonly reader: Reader
  /** Stages a part made of rows, with exactly these columns, and gives its line in a manifest. */
  part(
    name: string,
    columns: Readonly<Record<string, string>>,
    rows: readonly (readonly (string | null)[])[],
  ): Promise<LoadEntry>
}

const IS_DAY = `business_date = DATE '${DAY}'`
const ORDERS = `SELECT order_id, business_date FROM order_details WHERE ${IS_DAY} ORDER BY order_id`

function question(sql: string, more: Partial<Question> = {}): Question {
  const { signal } = new AbortController()
  return { sql, limit: 100, countTo: 1_000_000, timeout: 60_000, signal, onWait: () => undefined, ...more }
}

async function rowsOf({ batches }: Answer): Promise<readonly (readonly (string | null)[])[]> {
  return (await Array.fromAsync(batches)).flat()
}

/** Promises of every reader. */
export function testReader(create: () => Promise<ReaderFixture>): void {
  const loaded = async () => {
    const { warehouse, reader, part } = await create()
    const rows = ['x', 'y', 'z'].map((id) => ['1', DAY, id, '1.00', null, 'ab'])
    await warehouse.ensureTable(TABLE)
    await load(warehouse, {
      id: 'j1',
      content: 'c0ffee',
      table: TABLE,
      window: DAY,
      runId: 'r',
      entries: [await part('a', COLUMNS, rows)],
    })
    await warehouse.close()
    return { warehouse, reader }
  }

  it('answers with columns, rows as text, and their number; a table needs no schema', async () => {
    const { reader } = await loaded()
    const answer = await reader.ask(question(ORDERS))
    expect(answer.columns.map(({ name }) => name)).toEqual(['order_id', 'business_date'])
    expect(await rowsOf(answer)).toEqual(['x', 'y', 'z'].map((id) => [id, DAY]))
    expect(answer.count()).toEqual({ rows: 3, all: true })
  })

  it('gives no more rows than it is asked for, and counts the rest', async () => {
    const { reader } = await loaded()
    const answer = await reader.ask(question(ORDERS, { limit: 2 }))
    expect(await rowsOf(answer)).toHaveLength(2)
    expect(answer.count()).toEqual({ rows: 3, all: true })
  })

  it('refuses to change anything', async () => {
    const { reader, warehouse } = await loaded()
    for (const sql of [
      `DELETE FROM order_details WHERE ${IS_DAY}`,
      'DROP TABLE order_details',
      'SELECT 1; SELECT 2',
      '',
    ])
      await expect(reader.ask(question(sql)), sql).rejects.toMatchObject({ code: 'USAGE_INVALID' })
    expect((await warehouse.partitionTotals(TABLE, DAY)).rows).toBe(3)
  })

  it('writes an answer into a file if it says that it can', async () => {
    const { reader } = await loaded()
    expect(isWriting(reader)).toBe(reader.can.write)
    expect('write' in reader).toBe(reader.can.write)
    if (!isWriting(reader)) return
    const path = join(await testFolder(), 'orders.csv')
    expect(await reader.write(question(ORDERS), { path, format: 'csv' })).toBe(3)
    expect(await readFile(path, 'utf8')).toBe(`order_id,business_date\nx,${DAY}\ny,${DAY}\nz,${DAY}\n`)
  })
}
