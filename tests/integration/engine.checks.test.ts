import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { Contract, CrossCheck } from '../../functions/contract/contract.ts'
import { generateNight } from '../../mock/night.ts'
import { openTransformBench, type TransformBench } from '../support/transform.ts'

let bench: TransformBench
beforeAll(async () => {
  bench = await openTransformBench()
})
afterAll(async () => {
  await bench.close()
})

const text = (name: string, type = 'string', more: object = {}) => ({
  name,
  from: name,
  type,
  description: 'A column.',
  ...more,
})
const contractOf = (stream: string, columns: readonly object[], more: object = {}) =>
  Contract.parse({
    version: 1,
    stream,
    description: 'Small.',
    file: `${stream}.csv`,
    key: ['id'],
    table: { partition_by: 'business_date' },
    columns,
    ...more,
  })
const orders = (checks: readonly object[] = [], more: object = {}) =>
  contractOf(
    'orders',
    [
      text('id'),
      text('amount', 'numeric', { scale: 2 }),
      text('checks', 'string', { allow: 'lines' }),
      text('kind', 'string', { values: ['in', 'out'] }),
    ],
    { checks, ...more },
  )
const csv = (...lines: readonly string[]) => `id,amount,checks,kind\n${lines.join('\n')}\n`

async function resultOf(checks: readonly object[], ...lines: readonly string[]) {
  const { result } = await bench.transform(orders(checks), csv(...lines))
  return result.checks.find(({ check }) => check === 'c')
}

describe('a check of one stream', () => {
  it.each([
    ['warn', 'warn'],
    ['block', 'fail'],
  ])('with the effect %s counts the rows that break it, and is %s', async (effect, state) => {
    const check = { name: 'c', that: 'amount > 1', effect }
    expect(await resultOf([check], 'a,1,,', 'b,2,,', 'c,,,')).toMatchObject({ state, tested: 3, failed: 1 })
    expect(await resultOf([check], 'b,2,,')).toMatchObject({ state: 'pass', tested: 1, failed: 0 })
  })

  it('with the effect quarantine says how many rows it rejected', async () => {
    const check = { name: 'c', that: 'amount > 1', effect: 'quarantine' }
    expect(await resultOf([check], 'a,1,,', 'b,2,,')).toMatchObject({ state: 'warn', tested: 2, failed: 1 })
  })

  it('for repeated keys counts the rows after the first, empty being a value where it is said to be', async () => {
    const check = { name: 'c', unique: ['id', 'kind'], effect: 'block', empty_counts: true }
    expect(await resultOf([check], 'a,1,,in', 'a,2,,in', 'a,3,,', 'a,4,,', 'a,5,,', 'b,1,,in')).toMatchObject({
      state: 'fail',
      tested: 6,
      failed: 3,
    })
    expect(await resultOf([check], 'a,1,,in', 'a,2,,out', 'a,3,,')).toMatchObject({ state: 'pass' })
  })

  it('for repeated keys with the effect quarantine keeps the first row of the file and rejects the others', async () => {
    const contract = orders([{ name: 'c', unique: ['id'], effect: 'quarantine' }])
    const { rows, rejects, result } = await bench.transform(
      contract,
      csv('a,1,"x\ny",', 'b,2,,', 'a,3,,', 'bad,x,,', 'b,4,,', 'a,5,,', 'c,6,,'),
    )
    expect(rows.map(({ id, amount, _row_number: line }) => [id, amount, line])).toEqual([
      ['a', '1.00', '2'],
      ['b', '2.00', '4'],
      ['c', '6.00', '9'],
    ])
    expect(rejects.map(({ line, record, rule, column, value }) => [line, record, rule, column, value])).toEqual([
      ['5', '3', 'c', 'id', 'a'],
      ['6', '4', 'numeric', 'amount', 'x'],
      ['7', '5', 'c', 'id', 'b'],
      ['8', '6', 'c', 'id', 'a'],
    ])
    expect(result.counts).toMatchObject({ records: 8, accepted: 3, rejected: 4 })
    expect(result.totals).toEqual({ amount: '9.00' })
  })

  it.each(['quarantine', 'warn'])(
    'for a key that is empty or absent finds no repeat, with the effect %s',
    async (effect) => {
      const check = { name: 'c', unique: ['id', 'kind'], effect }
      const { rows, rejects, result } = await bench.transform(
        orders([check]),
        csv('a,1,,', 'a,2,,', 'b,3,,in', ',4,,in', ',5,,in'),
      )
      expect([rows.length, rejects.length]).toEqual([5, 0])
      expect(result.checks.find(({ check: name }) => name === 'c')).toMatchObject({
        state: 'pass',
        tested: 5,
        failed: 0,
      })
      const without = await bench.transform(orders([check]), 'id,amount,checks\na,1,\na,2,\n')
      expect(without.result.checks.find(({ check: name }) => name === 'c')).toMatchObject({
        state: 'pass',
        tested: 0,
        message: 'not run: the file has no column kind',
      })
      expect(without.rows).toHaveLength(2)
    },
  )

  it('for a key whose empty values count finds rows that repeat one', async () => {
    const check = { name: 'c', unique: ['id', 'kind'], effect: 'quarantine', empty_counts: true }
    const { rows, rejects } = await bench.transform(orders([check]), csv('a,1,,', 'a,2,,', 'a,3,,in'))
    expect([rows.length, rejects.length]).toEqual([2, 1])
  })

  it.each([
    ['that: kind', { that: "kind = 'in'", effect: 'warn' }, 'not run: the file has no column kind'],
    [
      'a sum where',
      {
        equal: [
          { sum: 'amount', where: "kind = 'in'" },
          { sum: 'amount', where: "kind = 'in'" },
        ],
        effect: 'warn',
      },
      'not run: the file has no column kind',
    ],
    [
      'coalesce',
      { that: "coalesce(kind, 'in') = 'in'", effect: 'warn' },
      "0 of 1 rows break coalesce(kind, 'in') = 'in'",
    ],
  ])('over an absent column says whether it was run: %s', async (_, check, message) => {
    const { result } = await bench.transform(orders([{ name: 'c', ...check }]), 'id,amount,checks\na,1,\n')
    expect(result.checks.find(({ check: name }) => name === 'c')).toMatchObject({ state: 'pass', message })
  })

  it('for known values warns, names the others, and rejects none', async () => {
    const { result, rows } = await bench.transform(orders(), csv('a,1,,in', 'b,1,,up', 'c,1,,up', 'd,1,,', 'e,1,,IN'))
    expect(rows).toHaveLength(5)
    expect(result.checks.find(({ check }) => check === 'known_values_of_kind')).toMatchObject({
      state: 'warn',
      failed: 3,
      message: expect.stringContaining('"up", "IN"'),
    })
  })

  it('for known values masks what looks personal in those it names, and escapes what cannot be seen', async () => {
    const { result } = await bench.transform(
      orders(),
      csv('a,1,,guest@example.com', 'b,1,,+1 555 010 0001', 'c,1,,i\u200cn'),
    )
    const found = result.checks.find(({ check }) => check === 'known_values_of_kind')
    expect(found?.message).toContain('"[mail]"')
    expect(found?.message).toContain('"[phone]"')
    expect(found?.message).not.toMatch(/example|555|\u200c/)
  })

  it('for columns that are expected warns when the file lacks one', async () => {
    const { result } = await bench.transform(orders(), 'id,amount,kind\na,1,in\n')
    expect(result.checks.find(({ check }) => check === 'expected_columns')).toMatchObject({
      state: 'warn',
      failed: 1,
      message: 'the file lacks checks',
    })
  })

  it('for durations warns when one cannot be read, and keeps its text', async () => {
    const derived = [
      { name: 's', type: 'int64', from: 'checks', parse: 'signed_clock_duration', description: 'Seconds.' },
    ]
    const { result, rows } = await bench.transform(orders([], { derived }), csv('a,1,00:00:05,', 'b,1,soon,'))
    expect(rows.map(({ s, checks }) => [s, checks])).toEqual([
      ['5', '00:00:05'],
      [null, 'soon'],
    ])
    expect(result.checks.find(({ check }) => check === 'durations_of_checks')).toMatchObject({
      state: 'warn',
      failed: 1,
    })
  })

  it('compares sums within the stream', async () => {
    const check = {
      name: 'c',
      effect: 'warn',
      equal: [
        { sum: 'amount', where: "kind = 'in'" },
        { sum: 'amount', where: "kind = 'out'" },
      ],
    }
    expect(await resultOf([check], 'a,1.50,,in', 'b,1.50,,out')).toMatchObject({ state: 'pass' })
    expect(await resultOf([check], 'a,1.50,,in', 'b,1.51,,out')).toMatchObject({
      state: 'warn',
      message: '1.50 on the left, 1.51 on the right',
    })
  })
})

describe('a check over streams', () => {
  const items = contractOf('items', [
    text('id'),
    text('price', 'numeric', { scale: 4 }),
    text('order'),
    text('void', 'bool'),
  ])

  async function cross(check: object, left: string, right: string) {
    const parts = new Map<string, string>()
    for (const [contract, content] of [
      [orders(), left],
      [items, right],
    ] as const) {
      const { partBytes } = await bench.transform(contract, content)
      const path = join(bench.root, `${contract.stream}-${parts.size}.parquet`)
      await writeFile(path, partBytes)
      parts.set(contract.stream, path)
    }
    const checks = [CrossCheck.parse({ name: 'c', effect: 'block', ...check })]
    return (await bench.transformer.crossChecks(checks, parts, 4))[0]!
  }
  const item = (...lines: readonly string[]) => `id,price,order,void\n${lines.join('\n')}\n`
  const sums = {
    equal: [
      { stream: 'orders', sum: 'amount', by: 'id' },
      { stream: 'items', sum: 'price', by: 'order', where: 'not void' },
    ],
    within: 0.01,
  }

  it('compares sums per key to the cent, and a key without a partner with zero', async () => {
    const right = item('1,0.1000,a,false', '2,0.2000,a,false', '3,9,a,true', '4,5,b,false')
    expect(await cross(sums, csv('a,0.30,,', 'b,5.01,,'), right)).toMatchObject({ state: 'pass', tested: 2, failed: 0 })
    expect(await cross(sums, csv('a,0.30,,', 'b,5.02,,', 'z,1,,', 'y,0,,'), right)).toMatchObject({
      state: 'fail',
      tested: 4,
      failed: 2,
      message:
        '2 of 4 keys differ, at most by 1.00, together by 1.02; in all amount of orders 6.32, price of items 5.30',
    })
  })

  it('takes a list of keys on the left for one thing that equals the sum over its keys', async () => {
    const check = {
      equal: [
        { stream: 'orders', sum: 'amount', by: 'checks', split: ', ' },
        { stream: 'items', sum: 'price', by: 'id' },
      ],
    }
    const left = csv('a,3.00,"1, 2",', 'b,4.00,3,')
    expect(await cross(check, left, item('1,1,x,false', '2,2,x,false', '3,4,x,false'))).toMatchObject({
      state: 'pass',
      tested: 2,
    })
    expect(await cross(check, left, item('1,1,x,false', '2,2.5,x,false', '3,4,x,false'))).toMatchObject({
      state: 'fail',
      failed: 1,
    })
  })

  it('compares totals and counts without a key', async () => {
    const check = { equal: [{ stream: 'orders', sum: 'amount' }, { stream: 'items' }] }
    expect(await cross(check, csv('a,2.00,,'), item('1,1,x,false', '2,1,x,false'))).toMatchObject({ state: 'pass' })
    expect(await cross(check, csv('a,2.50,,'), item('1,1,x,false'))).toMatchObject({
      state: 'fail',
      message: 'amount of orders 2.50, rows of items 1.00',
    })
    expect(await cross(check, 'id,amount,checks,kind\n', item())).toMatchObject({ state: 'pass' })
  })

  it('asks whether every value occurs on the other side', async () => {
    const check = { every: { stream: 'items', by: 'order' }, exists_in: { stream: 'orders', by: 'id' } }
    expect(await cross(check, csv('a,1,,'), item('1,1,a,false', '2,1,,false'))).toMatchObject({
      state: 'pass',
      tested: 1,
    })
    expect(await cross(check, csv('a,1,,'), item('1,1,a,false', '2,1,b,false'))).toMatchObject({
      state: 'fail',
      tested: 2,
      failed: 1,
    })
  })

  it('names the money of values that are missing, and fails above a sum or a share of them', async () => {
    const check = {
      every: { stream: 'items', sum: 'price', by: 'order' },
      exists_in: { stream: 'orders', by: 'id' },
      effect: 'dispute',
      above: { difference: 1, share: 0.5, rows: 2 },
    }
    const left = csv('a,1,,', 'b,1,,')
    const small = item('1,1,a,false', '2,0.40,x,false', '3,0.60,x,false')
    expect(await cross(check, left, small)).toMatchObject({
      state: 'warn',
      effect: 'dispute',
      message: '1 of 2 values of items.order are missing in orders; price of those: 1.00; too little to dispute',
    })
    expect(await cross(check, left, item('1,1,a,false', '2,1.01,x,false'))).toMatchObject({ state: 'fail', failed: 1 })
    expect(await cross(check, left, item('1,0,x,false', '2,0,y,false', '3,0,a,false'))).toMatchObject({ state: 'fail' })
  })

  it('warns of a difference below its limit, and fails above it however small each one is', async () => {
    const check = { ...sums, within: 0, effect: 'dispute', above: { difference: 0.02 } }
    const right = item('1,1,a,false', '2,1,b,false', '3,1,c,false')
    expect(await cross(check, csv('a,1.01,,', 'b,1,,', 'c,1,,'), right)).toMatchObject({ state: 'warn', failed: 1 })
    expect(await cross(check, csv('a,1.01,,', 'b,1.01,,', 'c,0.99,,'), right)).toMatchObject({
      state: 'fail',
      failed: 3,
      message:
        '3 of 3 keys differ, at most by 0.01, together by 0.03; in all amount of orders 3.01, price of items 3.00',
    })
  })

  it('takes the nearest of several right sides, per key and in all', async () => {
    const others = [{ stream: 'items', sum: 'price', where: 'void', by: 'order' }]
    const right = item('1,5,a,false', '2,7,b,true')
    expect(await cross({ ...sums, or_equal: others }, csv('a,5,,', 'b,7,,'), right)).toMatchObject({ state: 'pass' })
    expect(await cross({ ...sums, or_equal: others }, csv('a,7,,', 'b,7,,'), right)).toMatchObject({
      state: 'fail',
      failed: 1,
    })
    const all = {
      equal: [
        { stream: 'orders', sum: 'amount' },
        { stream: 'items', sum: 'price' },
      ],
      or_equal: [{ stream: 'items', sum: 'price', where: 'not void' }],
    }
    expect(await cross(all, csv('a,12,,'), right)).toMatchObject({ state: 'pass' })
    expect(await cross(all, csv('a,5,,'), right)).toMatchObject({ state: 'pass' })
    expect(await cross(all, csv('a,7,,'), right)).toMatchObject({ state: 'fail' })
  })

  it('leaves out keys that the right side lacks, where the check says so', async () => {
    const check = { ...sums, absent_key: 'skip' }
    const right = item('1,5,a,false', '2,7,b,true')
    expect(await cross(check, csv('a,5,,', 'b,9,,', 'z,3,,'), right)).toMatchObject({ state: 'pass', tested: 1 })
  })

  it('knows the closeout hour of the location', async () => {
    const where = 'closeout_hour = 4'
    const check = { equal: [{ stream: 'orders', sum: 'amount', where }, { stream: 'items' }] }
    expect(await cross(check, csv('a,1,,'), item('1,1,a,false'))).toMatchObject({ state: 'pass' })
  })

  it('asks whether both sides are zero, or neither', async () => {
    const check = {
      together: [
        { stream: 'orders', sum: 'amount' },
        { stream: 'items', sum: 'price' },
      ],
    }
    expect(await cross(check, csv('a,1,,'), item('1,7,a,false'))).toMatchObject({ state: 'pass' })
    expect(await cross(check, csv('a,1,,'), item())).toMatchObject({ state: 'fail' })
    expect(await cross(check, 'id,amount,checks,kind\n', item())).toMatchObject({ state: 'pass' })
  })

  it('of cash takes off what VOID_CASH_PAYMENT took back', async () => {
    const pipeline = parse(await readFile('config/pipelines/toast.yaml', 'utf8'))
    const check = CrossCheck.parse(
      pipeline.checks.find(({ name }: { name: string }) => name === 'cash_payments_are_in_the_drawer'),
    )
    const contract = async (stream: string) =>
      Contract.parse(parse(await readFile(`config/contracts/toast/${stream}.yaml`, 'utf8')))
    const location = { id: '185130', name: 'Main Street', timeZone: 'America/New_York', closeoutHour: 4 }
    const date = '2025-02-05'
    const files = new Map(
      generateNight({ seed: 1, date, profile: 'bar', location }).map(({ name, bytes }) => [
        name,
        Buffer.from(bytes).toString('utf8'),
      ]),
    )
    const partOf = async (stream: string, content: string, name: string) => {
      const { partBytes } = await bench.transform(await contract(stream), content, { date, location })
      const path = join(bench.root, `${name}.parquet`)
      await writeFile(path, partBytes)
      return path
    }
    const payments = await partOf('payment_details', files.get('PaymentDetails.csv') ?? '', 'payments')
    const drawer = files.get('CashEntries.csv') ?? ''
    const taken = 'Main Street,600100,2/5/25 8:00 PM,CASH_PAYMENT,20.00,,,,,Server 1,\r\n'
    const back = 'Main Street,600101,2/5/25 8:05 PM,VOID_CASH_PAYMENT,-20.00,,,,,Server 1,\r\n'
    const stateOf = async (name: string, content: string) => {
      const parts = new Map([
        ['payment_details', payments],
        ['cash_entries', await partOf('cash_entries', content, name)],
      ])
      return (await bench.transformer.crossChecks([check], parts, 4))[0]
    }
    expect(await stateOf('right', drawer)).toMatchObject({ state: 'pass', tested: 1 })
    expect(await stateOf('taken', drawer + taken)).toMatchObject({ state: 'warn', failed: 1 })
    expect(await stateOf('back', drawer + taken + back)).toMatchObject({ state: 'pass', tested: 1 })
  })

  it('refuses to run without a part of each stream', async () => {
    const check = CrossCheck.parse({ name: 'c', effect: 'warn', ...sums })
    await expect(bench.transformer.crossChecks([check], new Map(), 4)).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})

describe('a contract', () => {
  it('of the product binds, each of them', async () => {
    const folder = 'config/contracts/toast'
    const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml'))
    expect(files.length).toBeGreaterThan(8)
    for (const name of files)
      await bench.transformer.bind(Contract.parse(parse(await readFile(join(folder, name), 'utf8'))))
  })

  it.each([
    [
      'a column that does not exist',
      { checks: [{ name: 'c', that: 'nothing > 1', effect: 'warn' }] },
      'EXPRESSION_INVALID',
    ],
    ['a format that is none', { columns: [text('id'), text('at', 'date', { format: 'QQ' })] }, 'CONFIG_INVALID'],
    ['a hashed number', { columns: [text('id'), text('n', 'int64', { privacy: 'hash' })] }, 'CONFIG_INVALID'],
    [
      'a parse of a column that is none',
      { derived: [{ name: 'd', type: 'int64', from: 'no', parse: 'prose_duration', description: 'D.' }] },
      'CONFIG_INVALID',
    ],
  ])('with %s does not bind', async (_, more, code) => {
    const { columns = [text('id')], ...rest } = more as { columns?: object[] }
    await expect(bench.transformer.bind(contractOf('broken', columns, rest))).rejects.toMatchObject({ code })
  })

  it('without any rule accepts every record of the right width', async () => {
    const { rows } = await bench.transform(contractOf('free', [text('id')]), 'id\n1\n2\n')
    expect(rows).toHaveLength(2)
  })
})
