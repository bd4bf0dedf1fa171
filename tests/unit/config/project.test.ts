import { describe, expect, it } from 'vitest'
import { loadFiles, projectFiles } from '../../support/project.ts'

const pipeline = 'config/pipelines/toast.yaml'
const orders = 'config/contracts/toast/orders.yaml'
const payments = 'config/contracts/toast/payments.yaml'
const locations = 'config/locations.yaml'
const environment = 'config/environments/local.yaml'
const valid = projectFiles()

function edited(path: string, from: string, to: string): Readonly<Record<string, string>> {
  const text = valid[path] ?? ''
  if (!text.includes(from)) throw new Error(`${path} has no ${from}`)
  return projectFiles({ [path]: text.replace(from, to) })
}

describe('a valid project', () => {
  it('comes with its contracts in the order of the streams', async () => {
    const project = await loadFiles(valid)
    expect([...project.pipelines.keys()]).toEqual(['toast'])
    expect([...(project.contracts.get('toast')?.keys() ?? [])]).toEqual(['orders', 'payments'])
    expect(project.locations.locations).toHaveLength(2)
  })

  it('keeps its local data in .daybreak, or where DAYBREAK_HOME says', async () => {
    expect((await loadFiles(valid)).environment.ledger).toMatchObject({ path: '/project/.daybreak/ledger.sqlite' })
    const moved = await loadFiles(valid, { env: { DAYBREAK_HOME: '/data' } })
    expect(moved.environment.warehouse).toMatchObject({ path: '/data/warehouse.duckdb' })
    expect(moved.secretsDir).toBe('/data/secrets')
    expect((await loadFiles(valid, { env: { DAYBREAK_SECRETS_DIR: '/run/secrets' } })).secretsDir).toBe('/run/secrets')
  })

  it('takes relative paths as relative to the project, and leaves secret:// alone', async () => {
    const { sources, privacy } = (await loadFiles(valid)).environment
    expect(sources.toast).toMatchObject({ root: '/project/inbox' })
    expect(privacy.hashKey).toBe('secret://hash_key')
  })
})

describe('files that do not fit together', () => {
  it.each([
    [
      'a stream without a contract',
      pipeline,
      '[orders, payments]',
      '[orders, paymets]',
      `${pipeline}:5:19 streams[1]: there is no config/contracts/toast/paymets.yaml`,
      'Did you mean "payments"?',
    ],
    [
      'a stream that is named twice',
      pipeline,
      '[orders, payments]',
      '[orders, payments, orders]',
      'streams[2]: "orders"',
      'twice',
    ],
    [
      'a stream that is expected and optional',
      pipeline,
      '[orders, payments]',
      '[orders, payments]\noptional_streams: [payments]',
      'optional_streams[0]: "payments"',
      'twice',
    ],
    [
      'an optional stream without a contract',
      pipeline,
      '[orders, payments]',
      '[orders, payments]\noptional_streams: [tips]',
      'optional_streams[0]: there is no config/contracts/toast/tips.yaml',
      '',
    ],
    [
      'a source the environment lacks',
      pipeline,
      'source: toast',
      'source: tosat',
      'source: "tosat" is no source',
      'Did you mean "toast"?',
    ],
    [
      'a name that is not the file',
      pipeline,
      'pipeline: toast',
      'pipeline: toas',
      'pipeline: "toas" is not "toast", the name of the file',
      '',
    ],
    ['a contract under another name', orders, 'stream: orders', 'stream: order', 'stream: "order" is not "orders"', ''],
    ['two streams of one file', payments, 'Payments.csv', 'orders.csv', 'reads the same file as orders', ''],
    [
      'a check with an unknown stream',
      pipeline,
      'stream: payments',
      'stream: payment',
      'checks[0].equal[1].stream: `payment`',
      'Did you mean "payments"?',
    ],
    [
      'a check with an unknown column',
      pipeline,
      'sum: amount, by: order_id }]',
      'sum: amount, by: order_ids }]',
      'checks[0].equal[1].by: no column `order_ids`',
      'Did you mean "order_id"?',
    ],
    [
      'a check with an unknown name in its sum',
      pipeline,
      '{ stream: orders, sum: amount',
      '{ stream: orders, sum: amout',
      'checks[0].equal[0].sum: ',
      'amount',
    ],
    [
      'a check that sums text',
      pipeline,
      '{ stream: orders, sum: amount',
      '{ stream: orders, sum: order_id',
      'checks[0].equal[0].sum: `sum` adds up exact numbers',
      '',
    ],
    [
      'a location that is there twice',
      locations,
      '"1002"',
      '"1001"',
      `${locations}:4:11 locations[1].id: "1001"`,
      'twice',
    ],
    [
      'a time zone that does not exist',
      locations,
      'America/Chicago',
      'America/Chicgo',
      'locations[1].time_zone: "America/Chicgo" is no time zone',
      'Did you mean "America/Chicago"?',
    ],
    ['an abbreviation as time zone', locations, 'America/Chicago', 'EST', '"EST" is no time zone', 'America/New_York'],
    [
      'a stream switched off that does not exist',
      locations,
      'streams_off: [payments]',
      'streams_off: [payment]',
      'streams_off[0]: there is no stream "payment"',
      'Did you mean',
    ],
    [
      'a contract whose rows carry other columns than those of its pipeline',
      payments,
      'stream: payments',
      'stream: payments\ncarries: { shard: store, window: day }',
      `${payments}:`,
      'orders says nothing, which means a restaurant; expected the same in every contract',
    ],
    [
      'a nightly contract without a file',
      payments,
      'file: Payments.csv\n',
      '',
      `${payments}:`,
      'names no `file`; expected the name that the file has in its folder',
    ],
    [
      'a pipeline that does not exist',
      locations,
      'closed:',
      'pipelines: [tost], closed:',
      'pipelines[0]: there is no pipeline "tost"',
      'Did you mean "toast"?',
    ],
    [
      'a location that ends before it begins',
      locations,
      'closed:',
      'active_from: 2026-02-01, active_to: 2026-01-01, closed:',
      'active_to: 2026-01-01 is before',
      '',
    ],
    ['a day that the calendar lacks', locations, '2026-11-26', '2026-02-30', 'expected a day of the calendar', ''],
    [
      'an environment under another name',
      environment,
      'environment: local',
      'environment: prod',
      'environment: "prod" is not "local"',
      '',
    ],
  ])('%s is refused where it stands', async (_, path, from, to, expected, more) => {
    const loaded = loadFiles(edited(path, from, to))
    await expect(loaded).rejects.toThrow(expected)
    await expect(loaded).rejects.toThrow(more)
    await expect(loaded).rejects.toMatchObject({ code: expect.stringMatching(/^(CONFIG|EXPRESSION)_/) })
  })

  it('has the code of an expression when nothing else is wrong', async () => {
    const column = '{ name: tax, from: Tax, type: numeric, unit: USD, description: Money. }'
    const derived = `${column}\nderived:\n  - { name: net, expression: amount - taxes, type: numeric, description: Net. }`
    await expect(loadFiles(edited(orders, column, derived))).rejects.toMatchObject({
      code: 'EXPRESSION_INVALID',
      message: expect.stringContaining('taxes'),
    })
  })

  it('reports the problems of all files at once, one line each', async () => {
    const broken = projectFiles({
      [pipeline]: valid[pipeline]?.replace('source: toast', 'source: toast\ncolour: blue') ?? '',
      [orders]: valid[orders]?.replace('type: string', 'type: strin') ?? '',
      [locations]: valid[locations]?.replace('America/Chicago', 'Chicago') ?? '',
      [environment]: valid[environment]?.replace('root: inbox', `root: "\${INBOX}"`) ?? '',
    })
    const error = await loadFiles(broken).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'CONFIG_INVALID', details: { problems: 4 } })
    expect(error.message.split('\n').map((line: string) => line.split(' ')[0])).toEqual([
      `${orders}:8:45`,
      `${environment}:4:32`,
      `${locations}:4:42`,
      `${pipeline}:5:1`,
    ])
  })
})

describe('files that would not be read', () => {
  it.each([
    ['config/pipelines/other.yml', 'rename it to .yaml'],
    ['config/contracts/toast/refunds.yml', 'rename it to .yaml'],
    ['config/locations.yml', 'rename it to .yaml'],
    ['config/contracts/tost/refunds.yaml', 'no pipeline has this name'],
  ])('%s is reported', async (path, expected) => {
    const loaded = loadFiles(projectFiles({ [path]: 'version: 1' }))
    await expect(loaded).rejects.toThrow(`config/${path.split('/')[1]}`)
    await expect(loaded).rejects.toThrow(expected)
  })
})

describe('files that are not there', () => {
  it.each([locations, environment])('%s is reported as missing', async (path) => {
    const loaded = loadFiles(projectFiles({ [path]: null }))
    await expect(loaded).rejects.toMatchObject({ code: 'CONFIG_MISSING' })
    await expect(loaded).rejects.toThrow(`${path}:1:1 this file does not exist`)
  })

  it('a folder without pipelines is no project', async () => {
    await expect(loadFiles({})).rejects.toMatchObject({ code: 'CONFIG_MISSING' })
  })

  it('an environment variable that is not set is missing, at the place that names it', async () => {
    const loaded = loadFiles(edited(environment, 'root: inbox', `root: "\${INBOX}"`))
    await expect(loaded).rejects.toMatchObject({ code: 'CONFIG_MISSING' })
    await expect(loaded).rejects.toThrow(`${environment}:4:32 the environment variable INBOX is not set`)
  })

  it.each(['../secrets', 'local.yaml', '/etc/passwd', ''])('%j is no name of an environment', async (name) => {
    await expect(loadFiles(valid, { environment: name })).rejects.toMatchObject({ code: 'USAGE_INVALID' })
  })
})
