import { basename } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { expect } from 'vitest'
import type { ErrorCode } from '../../../functions/errors.ts'
import type { Finished } from '../cli.ts'
import { DATE, type Home, ORDERS, PAYMENTS } from './home.ts'

/** How an error is provoked, and what its remedy asks of a person. */
export interface Drill {
  /** The day is loaded when the drill begins, unless it starts empty. */
  readonly starts?: 'loaded' | 'empty'
  /** Makes the trouble; returns what was printed of it. */
  readonly provoke: (home: Home) => Promise<string>
  /** Work of a person that the remedy asks for, before the printed commands. */
  readonly person?: (home: Home) => Promise<unknown>
  /** Values of placeholders that differ from those of every drill. */
  readonly fill?: (trouble: string) => Readonly<Record<string, string>>
  /** Exit codes of printed commands that are not 0, with the placeholders filled. */
  readonly exits?: Readonly<Record<string, number>>
  /** Printed commands that are for another case than the one provoked, each with its reason. */
  readonly leaves?: Readonly<Record<string, string>>
  /** Proves that all is well in the end; `isWell` unless told. */
  readonly well?: (home: Home) => Promise<unknown>
}

const FILL: Readonly<Record<string, string>> = {
  PIPELINE: 'toast',
  LOCATION: '1001',
  SHARD: '1001',
  WINDOW: DATE,
  DATE,
  D: DATE,
  RUN: 'last',
  STREAM: 'orders',
  NAME: 'local',
  FOLDER: 'inbox',
  ZONE: 'America/New_York',
}

/** Output of a command, both streams. */
export const printed = ({ stdout, stderr }: Finished): string => `${stdout}\n${stderr}`

/** Writes a file of the day, runs, and returns what was printed. */
export const deliver = (name: string, content: string | Uint8Array) => async (home: Home) => {
  await home.write(name, content)
  return printed(await home.run('daybreak run toast'))
}

/** Command lines in backticks, and those behind a prompt. */
function commandsIn(text: string): readonly string[] {
  const found = [...text.matchAll(/`(daybreak [^`]+)`|^ *\$ (daybreak .+)$/gm)].map(
    ([, quoted, prompted]) => quoted ?? prompted ?? '',
  )
  return [...new Set(found)].filter((line) => !line.startsWith('daybreak explain'))
}

/** Fills placeholders: words of capitals. @throws for one that has no value. */
function filled(line: string, fill: Readonly<Record<string, string>>): string {
  return line.replace(/(?<=[ =])[A-Z]+\b/g, (word) => {
    const value = fill[word]
    if (value === undefined) throw new Error(`nothing fills ${word} of \`${line}\``)
    return value
  })
}

/** Provokes an error, does what is printed, and expects that all is well. Returns the commands that ran. */
export async function perform(code: ErrorCode, drill: Drill, home: Home): Promise<readonly string[]> {
  const { provoke, person = async () => undefined, fill = () => ({}), exits = {}, leaves = {}, well = isWell } = drill
  const trouble = await provoke(home)
  expect(trouble, 'the trouble').toContain(code)
  const { stdout: remedy } = await home.run(`daybreak explain ${code}`)
  // A person takes a minute; the epoch of a load is a time.
  await home.clock.advance(60_000)
  await person(home)
  const commands = commandsIn(`${trouble}\n${remedy}`)
    .filter((line) => !Object.hasOwn(leaves, line))
    .map((line) => filled(line, { ...FILL, CODE: code, ...fill(trouble) }))
  for (const line of new Set(commands)) {
    const finished = await home.run(line)
    expect(finished.code, `${line}\n${printed(finished)}`).toBe(exits[line] ?? 0)
    expect(finished.stderr, line).not.toContain(`[${code}]`)
  }
  await well(home)
  return commands
}

/** A run succeeds, every day is complete, the warehouse holds what was loaded, and the tables equal the files of the day. */
export async function isWell(home: Home): Promise<void> {
  const run = await home.run('daybreak run toast')
  expect(run, printed(run)).toMatchObject({ code: 0, stdout: expect.stringContaining('succeeded') })
  const status = await home.run('daybreak status --check --verify')
  expect(status, printed(status)).toMatchObject({ code: 0 })
  await expectTablesOf(home)
}

/** Expects that both tables hold the rows of the files, no more and no fewer. */
export async function expectTablesOf(home: Home): Promise<void> {
  const instance = await DuckDBInstance.create(home.path('home/warehouse.duckdb'), { access_mode: 'READ_ONLY' })
  const connection = await instance.connect()
  for (const [name, columns] of [
    [ORDERS, 'order_id, amount::DECIMAL(18, 2), tax::DECIMAL(18, 2)'],
    [PAYMENTS, 'payment_id, order_id, amount::DECIMAL(18, 2)'],
  ] as const) {
    const table = `toast.${basename(name, '.csv').toLowerCase()}`
    const found = (await connection.runAndReadAll(`SELECT ${columns} FROM ${table}`)).getRows()
    const expected = await rowsOf(home, name)
    expect(
      found.map((row) => row.map(String).join(',')).filter((row) => !expected.delete(row)),
      `rows of ${table} that its file lacks`,
    ).toEqual([])
    expect([...expected], `rows that ${table} lacks`).toEqual([])
  }
  connection.closeSync()
  instance.closeSync()
}

/** The first three fields of each row of a file, which the contract reads. */
async function rowsOf(home: Home, name: string): Promise<Set<string>> {
  const [, ...lines] = (await home.read(name)).trimEnd().split('\r\n')
  return new Set(lines.map((line) => line.split(',').slice(0, 3).join(',')))
}
