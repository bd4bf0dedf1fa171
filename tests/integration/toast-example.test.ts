import { cp, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { beforeAll, describe, expect, it } from 'vitest'
import { daybreak, type Finished } from '../support/cli.ts'
import { sharedFolder } from '../support/folder.ts'
import { commandsOf } from '../support/readme.ts'
import { readRows, total } from '../support/toast/read.ts'

const EXAMPLE = join(process.cwd(), 'examples/toast')
const project = await sharedFolder()
const answers: Finished[] = []

const clock = { now: () => Date.now(), sleep: (milliseconds: number) => setTimeout(milliseconds) }
const run = async (...argv: readonly string[]): Promise<Finished> =>
  await daybreak(argv, { cwd: project, env: { DAYBREAK_HOME: join(project, 'home') }, clock })

/** Texts printed by the commands that start with these words, in order. */
let printedBy: (command: string) => readonly string[]

beforeAll(async () => {
  await cp(EXAMPLE, project, { recursive: true, dereference: true })
  const commands = await commandsOf(join(EXAMPLE, 'README.md'))
  for (const { argv, code } of commands) {
    const answer = await run(...argv)
    expect(answer.code, `${argv.join(' ')}\n${answer.stdout}\n${answer.stderr}`).toBe(code)
    answers.push(answer)
  }
  printedBy = (command) =>
    answers.flatMap(({ stdout }, at) => (commands[at]?.argv.join(' ').startsWith(command) ? [stdout] : []))
})

async function filesOf(file: string) {
  const nights = ['185001', '185002', '185003'].flatMap((location) =>
    ['20261026', '20261027'].map((night) => join(project, 'data', location, night, file)),
  )
  return await Promise.all(nights.map(async (path) => readRows(new Map([[file, await readFile(path)]]), file)))
}

async function rowsOf(sql: string): Promise<unknown> {
  return JSON.parse((await run('query', sql, '-o', 'json')).stdout)
}

describe('the Toast project, by the commands of its README', () => {
  it('says which file is late, and which day lacks it', () => {
    const [before, after] = printedBy('status')
    expect(before).toMatch(/185002 +Alder & Salt +2026-10-27 +incomplete .*missing/)
    expect(before).toContain('5 of 6 location-days are complete.')
    expect(after).toContain('6 of 6 location-days are complete.')
  })

  it('lists the five rejected rows with line, column and value', () => {
    const [list = ''] = printedBy('rejects list')
    expect(list.trim().split('\n')).toHaveLength(6)
    expect(list).toMatch(/185001 +2026-10-26 +order_details +\d+ +is_voided +maybe/)
  })

  it('has verified its tables against what was loaded', () => {
    expect(printedBy('status').at(-1)).toMatch(/([1-9]\d*) of \1 partitions equal what was loaded/)
  })

  it('answers net sales of three restaurants on two days', () => {
    expect(printedBy('query')[0]?.trim().split('\n')).toHaveLength(7)
  })

  it('holds every payment of the files, to the cent', async () => {
    const payments = (await filesOf('PaymentDetails.csv')).flat()
    // In units of 1e-8.
    const cents = total(payments, 'Total') / 10n ** 6n
    expect(
      await rowsOf('select count(*) as n, cast(sum(total) * 100 as bigint) as cents from toast.payment_details'),
    ).toEqual([{ n: String(payments.length), cents: String(cents) }])
  })

  it('holds every order of the files except the rejected ones', async () => {
    const orders = (await filesOf('OrderDetails.csv')).flat()
    expect(await rowsOf('select count(*) as n from toast.order_details')).toEqual([{ n: String(orders.length - 5) }])
  })
})
