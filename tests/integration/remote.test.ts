import { execFileSync } from 'node:child_process'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { addDays, localDate } from '../../functions/lib/business-date.ts'
import { daybreak, shell } from '../support/cli.ts'
import { projectFiles } from '../support/project.ts'

const OLD = Date.now() / 1000 - 86_400
const DAY = addDays(localDate(Date.now(), 'America/New_York'), -2)
const NOTIFY = `version: 1
people:
  ana: { name: Ana, zone: America/New_York }
  ben: { name: Ben, zone: America/Chicago }
rotations:
  primary: { zone: America/New_York, handoff: "Mon 09:00", people: [ana, ben] }
`
const LOCATIONS = `version: 1
locations:
  - { id: "1001", name: Harbour, time_zone: America/New_York, active_from: ${DAY} }
  - { id: "1002", name: Hill, time_zone: America/Chicago, active_from: ${DAY} }
`

let folder: string
let url: string
const token = { admin: '', operator: '', analyst: '', viewer: '', hill: '' }

const REAL = { now: () => Date.now(), sleep: (milliseconds: number) => wait(milliseconds) }
/** Words of a line; those between quotes are one. */
const wordsOf = (line: string) => [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? '')

/** Runs a command in the project, or against its server with a token: the server is a process of its own. */
const here = (line: string, env: Record<string, string> = {}) =>
  daybreak(wordsOf(line), { cwd: folder, clock: REAL, env: { USER: 'kim', ...env } })
const remoteEnv = (who: keyof typeof token) => ({ USER: 'kim', DAYBREAK_REMOTE: url, DAYBREAK_TOKEN: token[who] })
// Another folder: without the project, all that it prints came from the server.
const there = (line: string, who: keyof typeof token = 'admin', env: Record<string, string> = {}) =>
  daybreak(wordsOf(line), { cwd: tmpdir(), clock: REAL, env: { ...remoteEnv(who), ...env } })

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-remote-'))
  const files = projectFiles({ 'config/notify.yaml': NOTIFY, 'config/locations.yaml': LOCATIONS })
  for (const [path, text] of Object.entries(files)) await write(path, text)
  const day = DAY.replaceAll('-', '')
  await write(`inbox/1001/${day}/Orders.csv`, 'Order Id,Amount,Tax\n1,10.00,1.00\n2,twenty,2.00\n3,5.00,0.10\n')
  await write(`inbox/1001/${day}/Payments.csv`, 'Payment Id,Order Id,Amount\n7,1,10.00\n8,3,5.00\n')
  await write(`inbox/1002/${day}/Orders.csv`, 'Order Id,Amount,Tax\n4,7.00,9.00\n')
  await write(`inbox/1002/${day}/Notes.txt`, 'Closed at nine\n')
  await here(`run --date ${DAY}`)
  const started = await shell(`cd '${folder}' && $DAYBREAK start --port 0 --api-only`)
  expect(started).toMatchObject({ code: 0, stderr: '' })
  url = /http:\/\/127\.0\.0\.1:\d+/.exec(started.stdout)?.[0] ?? ''
  const made = async (name: string, flags: string) => {
    const { code, stdout } = await here(`tokens create ${name} ${flags} -o json`)
    expect(code).toBe(0)
    return String(JSON.parse(stdout).token)
  }
  token.admin = await made('admin', '--role admin')
  token.operator = await made('operator', '--role operator')
  token.analyst = await made('analyst', '--role analyst')
  token.viewer = await made('viewer', '--role viewer')
  token.hill = await made('hill', '--role operator --location 1002')
})
afterAll(async () => {
  await shell(`cd '${folder}' && $DAYBREAK stop`)
  await rm(folder, { recursive: true, force: true })
})

async function write(path: string, text: string): Promise<void> {
  await mkdir(join(folder, dirname(path)), { recursive: true })
  await writeFile(join(folder, path), text)
  await utimes(join(folder, path), OLD, OLD)
}

describe('a command prints the same about a project and about its server', () => {
  it.each([
    'status',
    `status --from ${DAY} --to ${DAY} -o json`,
    'status -o csv',
    'status --check',
    'runs list',
    'runs list --all -o json',
    'runs show last',
    'runs show last -o json',
    'runs logs last',
    'runs logs last -o csv',
    'incidents list',
    'incidents list --all -o json',
    'incidents list --location 1002 -o ndjson',
    'backfills list',
    'on-call list',
    'on-call list primary --days 60 -o json',
    'settings list',
    'settings list rotations -o json',
    'settings get people/ana',
    'tokens list',
    'audit list',
    'audit list --action token -o json',
    'audit export',
    'rejects list',
    `rejects list --date ${DAY} --stream orders -o json`,
    'rejects show --line 3',
    'slices list',
    'slices list --limit 1',
    `slices list --date ${DAY} --state loaded -o json`,
    'slices list --location 1002 -o csv',
    'slices files',
    'slices files -o json',
    'metrics',
    `metrics --series rejects --by stream --from ${DAY} --to ${DAY} -o json`,
    'metrics --series lateness --by location --location 1002 -o csv',
    'sla',
    'sla --form csv',
    'digest',
    'digest --list -o json',
    'tables',
    'tables -o json',
    'locations list',
    'locations list toast -o csv',
    `query 'select order_id, amount from toast.orders order by 1'`,
    `query 'select count(*) as n from toast.orders' -o json`,
    // Refusals have the same code and words.
    'runs show absent',
    'incidents ack --code NO_SUCH_CODE',
    'status typo',
    'settings get rules/absent',
    'on-call list primry',
    'settings list typo',
    'backfills show absent',
  ])('%s', async (line) => {
    const [local, remote] = [await here(line), await there(line)]
    expect(remote).toEqual(local)
    expect(local.stdout + local.stderr).not.toMatch(/^(\[\]\s*)?$/)
    expect(remote.stderr).not.toContain('INTERNAL')
  })
})

describe('acts', () => {
  it('records who acted: the person at the terminal, or the maker of the token with its name', async () => {
    const [missing] = JSON.parse((await here('incidents list --location 1002 -o json')).stdout) as { id: string }[]
    const id = missing?.id ?? ''
    expect(await here(`incidents ack ${id} --note 'On it'`, { USER: 'ana' })).toMatchObject({ code: 0 })
    expect(await there(`incidents assign ${id} --to ben`, 'operator')).toMatchObject({ code: 0 })
    expect(await there(`incidents resolve ${id} --reason 'Re-exported'`, 'operator')).toMatchObject({ code: 0 })
    const { timeline, state, assignee } = JSON.parse((await there(`incidents show ${id} -o json`)).stdout)
    expect({ state, assignee }).toEqual({ state: 'resolved', assignee: 'ben' })
    expect(timeline).toMatchObject([
      { kind: 'opened' },
      { actor: 'ana', kind: 'acknowledged', text: 'On it' },
      { actor: 'kim', kind: 'assigned', text: 'ben' },
      { actor: 'kim', kind: 'resolved', text: 'Re-exported' },
    ])
    const { stdout } = await here(`audit list --subject ${id} -o json`)
    expect(JSON.parse(stdout)).toMatchObject([
      { actor: 'kim', action: 'incident.resolved', details: 'Re-exported; by token operator' },
      { actor: 'kim', action: 'incident.assigned', details: 'ben; by token operator' },
      { actor: 'ana', role: 'admin', action: 'incident.acknowledged', details: 'On it' },
    ])
  })

  it('swaps a shift, and every list shows it', async () => {
    const [from, until] = [addDays(DAY, 7), addDays(DAY, 8)].map((date) => `${date}T06:00`)
    const swapped = await there(`on-call swap ben --from ${from} --until ${until} -o json`, 'operator')
    expect(JSON.parse(swapped.stdout)).toMatchObject({ rotation: 'primary', person: 'ben' })
    const { stdout } = await here('on-call list -o json')
    const rows = JSON.parse(stdout) as { person: string; from: string; swapped: boolean }[]
    expect(rows.filter((row) => row.swapped)).toMatchObject([{ person: 'ben', from: expect.stringContaining('06:00') }])
    expect((await there('on-call list -o json', 'viewer')).stdout).toBe(stdout)
    expect((await here(`on-call swap zoe --from ${from} --until ${until}`)).stderr).toContain(
      'there is no person "zoe"',
    )
  })

  it('changes settings, keeps their history, and leaves those of the file alone', async () => {
    await write('rule.yaml', 'when: completeness < 100\nat: "07:00 location"\nseverity: ticket\npolicy: night\n')
    const file = join(folder, 'rule.yaml')
    expect(await there(`settings set rules/late --file ${file} -o json`)).toMatchObject({ code: 0 })
    await write('rule.yaml', 'when: completeness < 99\nat: "07:00 location"\nseverity: ticket\npolicy: night\n')
    expect(await here(`settings set rules/late --file ${file}`)).toMatchObject({ code: 0 })
    expect((await there('settings get rules/late')).stdout).toContain('completeness < 99')
    expect(await there('settings unset rules/late')).toMatchObject({ code: 0 })
    const history = JSON.parse((await there('settings history rules/late -o json')).stdout)
    expect(history).toMatchObject([
      { actor: 'kim', action: 'setting.delete', before: { when: 'completeness < 99' } },
      {
        actor: 'kim',
        action: 'setting.put',
        before: { when: 'completeness < 100' },
        after: { when: 'completeness < 99' },
      },
      { actor: 'kim', action: 'setting.put', before: null, after: { when: 'completeness < 100' } },
    ])
    const owned = await there(`settings set people/ana --file ${file}`)
    expect([owned.code, owned.stderr]).toEqual([2, expect.stringMatching(/STATE_CONFLICT.*config\/notify\.yaml:3/)])
  })

  it('shows the log of a run that the server worked on', async () => {
    const begun = await there(`backfill --start-date ${DAY} --end-date ${DAY} --location 1002 --from-archive -o json`)
    const { id } = JSON.parse(begun.stdout)
    const firstRun = async () => JSON.parse((await there(`backfills show ${id} -o json`)).stdout).run_ids[0]
    // The server begins it a moment after it has answered.
    while ((await firstRun()) === undefined) await wait(100)
    const run = await firstRun()
    const isOver = async () => JSON.parse((await there(`runs show ${run} -o json`)).stdout).state !== 'running'
    while (!(await isOver())) await wait(200)
    // Its last lines reach the file a moment after its end is on record.
    while ((await there(`logs --run ${run}`)).stdout === '') await wait(100)
    const { code, stdout } = await there(`logs --run ${run}`)
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [A-Z]+ /)])
    expect(stdout).toBe((await here(`logs --run ${run}`)).stdout)
  })

  it('replays rejected rows', async () => {
    const replayed = await there(
      `rejects replay --date ${DAY} --reason 'The contract was corrected' -o json`,
      'operator',
    )
    expect(JSON.parse(replayed.stdout)).toMatchObject({ run: expect.any(String), slices: 1 })
  })

  it('plans and begins a run that the server works on', async () => {
    const flags = `--date ${DAY} --location 1001 -o json`
    const planned = await there(`plan ${flags}`, 'operator')
    expect(JSON.parse(planned.stdout)).toMatchObject({ slices: 2, sentence: expect.stringContaining('1 location') })
    expect((await there(`run ${flags} --dry-run`, 'operator')).stdout).toBe(planned.stdout)
    expect(await there(`run ${flags}`, 'viewer')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('FORBIDDEN'),
    })
    const begun = await there(`run ${flags} --reason 'The file was corrected'`, 'operator')
    const { id } = JSON.parse(begun.stdout)
    expect(JSON.parse((await here(`runs show ${id} -o json`)).stdout)).toMatchObject({ id, trigger: 'http' })
  })

  it('releases nothing where no file is held', async () => {
    expect((await there('slices release', 'operator')).stderr).toContain('name what to release: --date, --location')
    expect((await there('slices release --all', 'operator')).stderr).toContain('[NOT_FOUND] no held file matches')
  })

  it('begins a backfill that the server works on, and steers it', async () => {
    const flags = `--start-date ${DAY} --end-date ${DAY} --location 1001 --from-archive --reload`
    const begun = await there(`backfill ${flags} -o json`, 'operator')
    expect(begun).toMatchObject({ code: 0, stderr: '' })
    const { id } = JSON.parse(begun.stdout)
    const cancelled = await there(`backfills cancel ${id} -o json`, 'operator')
    expect(JSON.parse(cancelled.stdout)).toMatchObject({ id, state: 'cancelled' })
    expect((await there(`backfills show ${id} -o json`)).stdout).toBe(
      (await here(`backfills show ${id} -o json`)).stdout,
    )
    expect((await there(`backfill ${flags} --dry-run -o json`, 'viewer')).stdout).toContain('"planId"')
  })
})

describe('export', () => {
  it.each(['csv', 'parquet'])(
    'writes the rows of a stream that the server has as %s, and never half a file',
    async (format) => {
      const [local, remote] = [join(folder, `here.${format}`), join(folder, `there.${format}`)]
      const { rows } = JSON.parse((await here(`export orders --out ${local} -o json`)).stdout)
      const made = await there(`export orders --out ${remote} -o json`)
      expect([made.code, made.stderr]).toEqual([0, ''])
      expect(JSON.parse(made.stdout)).toEqual({ file: remote, format, ...(format === 'csv' && { rows }) })
      const written = await readFile(remote)
      expect(written.byteLength).toBeGreaterThan(50)
      if (format === 'csv') expect(linesOf(written)).toEqual(linesOf(await readFile(local)))
      else expect(written.subarray(-4).toString()).toBe('PAR1')
      expect((await there(`export orders --out ${remote}`)).stderr).toContain('exists; --overwrite replaces a file')
    },
  )

  it('takes a range, and says what the server refused', async () => {
    const out = join(folder, 'none.csv')
    const empty = await there(`export orders --from 2020-01-01 --to 2020-01-02 --out ${out} -o json`)
    expect(JSON.parse(empty.stdout)).toMatchObject({ rows: 0 })
    const wide = await there(`export orders --from 2020-01-01 --to 2024-01-01 --out ${out}2.csv`)
    expect([wide.code, wide.stderr]).toEqual([2, expect.stringContaining('expected 1 to 400')])
    const unknown = await there(`export ordres --from ${DAY} --to ${DAY} --out ${out}3.csv`)
    expect(unknown.stderr).toContain('[NOT_FOUND] there is no stream "ordres"')
    const daysless = await there(`export ordres --out ${out}4.csv`)
    expect(daysless.stderr).toContain('[USAGE_INVALID] the server has no days of "ordres"; expected --from and --to')
    expect((await readdir(folder)).filter((name) => name.startsWith('none.csv'))).toEqual(['none.csv'])
  })

  it('leaves no file when the answer ends before it is whole', async () => {
    const broken = createServer((_, response) => {
      response.setHeader('x-request-id', '1').writeHead(200, { 'content-type': 'text/csv' })
      response.write('order_id\r\n1\r\n', () => response.destroy())
    })
    await new Promise<void>((resolve) => broken.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void broken.close())
    const address = `http://127.0.0.1:${(broken.address() as AddressInfo).port}`
    const out = join(folder, 'half.csv')
    const flags = `--from ${DAY} --to ${DAY} --out ${out}`
    const { code, stderr } = await there(`export orders ${flags}`, 'admin', { DAYBREAK_REMOTE: address })
    expect([code, stderr]).toEqual([1, expect.stringContaining('[REMOTE_UNREACHABLE]')])
    expect((await readdir(folder)).filter((name) => name.startsWith('half.csv'))).toEqual([])
  })

  it.each([
    ['viewer', 'tables', 'needed: analyst'],
    ['viewer', `export orders --from ${DAY} --to ${DAY} --out refused.csv`, 'needed: analyst'],
    ['hill', 'tables', 'access to all locations'],
    ['hill', `export orders --from ${DAY} --to ${DAY} --out refused.csv`, 'access to all locations'],
  ] as const)('%s: %s is refused', async (who, line, why) => {
    const { code, stdout, stderr } = await there(line, who)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain('[FORBIDDEN]')
    expect(stderr).toContain(why)
  })

  it.each(['admin', 'operator', 'analyst'] as const)('%s may count and export, and it is in the audit', async (who) => {
    expect(JSON.parse((await there('tables -o json', who)).stdout)).toEqual(
      JSON.parse((await here('tables -o json')).stdout),
    )
    const out = join(folder, `${who}.csv`)
    expect(await there(`export orders --from ${DAY} --to ${DAY} --out ${out}`, who)).toMatchObject({ code: 0 })
    const { stdout } = await here('audit list --action table.export -o json')
    expect(JSON.parse(stdout)[0]).toMatchObject({ details: expect.stringContaining(`by token ${who}`) })
  })
})

const linesOf = (bytes: Buffer) => bytes.toString().split(/\r?\n/)

describe('a token reaches as far as its role and its locations', () => {
  it.each([
    'backfill --start-date 2026-01-01 --end-date 2026-01-02',
    'runs cancel last',
    'incidents resolve --location 1001',
    'on-call swap ben --from 2026-12-01T06:00 --until 2026-12-02T06:00',
    'settings unset rules/x',
    'audit list',
    'tokens create more --role operator',
  ])('a viewer is refused: %s', async (line) => {
    const { code, stdout, stderr } = await there(line, 'viewer')
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(/\[(FORBIDDEN|NOT_FOUND)\]/)
  })

  it('a token of one location sees that one alone', async () => {
    const days = JSON.parse((await there('status -o json', 'hill')).stdout) as { location: string }[]
    expect(new Set(days.map(({ location }) => location))).toEqual(new Set(['1002']))
    const run = JSON.parse((await there('runs show last -o json', 'hill')).stdout)
    expect(JSON.stringify(run)).not.toContain('1001')
    expect(run.slices.length).toBeGreaterThan(0)
    const seen = async (line: string) => (await there(line, 'hill')).stdout
    expect(JSON.parse(await seen('locations list -o json')).map(({ id }: { id: string }) => id)).toEqual(['1002'])
    expect((await there('incidents list --all -o json', 'hill')).stdout).not.toContain('1001')
    expect(await there('audit list', 'hill')).toMatchObject({ code: 2, stdout: '' })
    expect((await there('tokens create wider --role viewer', 'hill')).stderr).toContain('a token makes no tokens')
  })

  it('a revoked token is over at once', async () => {
    const made = JSON.parse((await here('tokens create short --days 1 -o json')).stdout)
    const env = { DAYBREAK_TOKEN: made.token }
    expect(await there('runs list', 'viewer', env)).toMatchObject({ code: 0 })
    expect(await here(`tokens revoke ${made.id}`)).toMatchObject({ code: 0 })
    const { code, stderr } = await there('runs list', 'viewer', env)
    expect([code, stderr]).toEqual([2, expect.stringMatching(/REMOTE_TOKEN_INVALID.*it was revoked/)])
  })
})

describe('what is in the way has a name', () => {
  const listening = async (server: Server | ReturnType<typeof createTlsServer>) => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    return `127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const answering = async (listener: RequestListener) => `http://${await listening(createServer(listener))}`

  it.each([
    ['doctor', 'doctor'],
    [`export --query 'select 1' --out x.csv`, 'export --query'],
    ['export orders --out x.xlsx', 'export --format xlsx'],
    ['locations add 1003 --time-zone America/New_York', 'locations add'],
    ['ledger migrate', 'ledger migrate'],
    ['status --verify', 'status --verify'],
    ['digest --person ana', 'digest --person'],
    ['logs', 'logs without --run'],
  ])('daybreak %s cannot run there, and says so', async (line, name) => {
    const { code, stdout, stderr } = await there(line)
    expect([code, stdout]).toEqual([2, ''])
    expect(stderr).toContain(`[REMOTE_UNSUPPORTED] \`daybreak ${name}\` works on the project itself`)
  })

  it.each(['version', 'explain REMOTE_UNREACHABLE', 'schema pipeline'])('%s needs no project', async (line) => {
    expect(await there(line)).toMatchObject({ code: 0 })
  })

  it('a token that is absent, wrong, or in a file that others may read', async () => {
    const none = await there('runs list', 'admin', { DAYBREAK_TOKEN: '' })
    expect(none.stderr).toContain('[REMOTE_TOKEN_INVALID] neither DAYBREAK_TOKEN nor DAYBREAK_TOKEN_FILE is set')
    const wrong = await there('runs list', 'admin', { DAYBREAK_TOKEN: 'wrong-secret-word' })
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringContaining('[REMOTE_TOKEN_INVALID]')])
    expect(wrong.stderr).not.toContain('wrong-secret-word')
    await write('token', `${token.viewer}\n`)
    const file = { DAYBREAK_TOKEN: '', DAYBREAK_TOKEN_FILE: join(folder, 'token') }
    await chmod(file.DAYBREAK_TOKEN_FILE, 0o644)
    const open = await there('runs list', 'admin', file)
    expect(open.stderr).toMatch(/REMOTE_TOKEN_INVALID.*others.*mode 600[\s\S]*chmod 600/)
    await chmod(file.DAYBREAK_TOKEN_FILE, 0o600)
    expect(await there('runs list', 'admin', file)).toMatchObject({ code: 0 })
  })

  it('a host that does not answer, and one that speaks something else', async () => {
    const env = (address: string) => ({ DAYBREAK_REMOTE: address })
    const silent = await there('runs list', 'admin', env('http://127.0.0.1:9'))
    expect(silent).toMatchObject({ code: 1, stderr: expect.stringContaining('[REMOTE_UNREACHABLE]') })
    const page = await answering((_, response) => response.setHeader('content-type', 'text/html').end('<p>Hello</p>'))
    const foreign = await there('runs list', 'admin', env(page))
    expect(foreign).toMatchObject({ code: 2, stderr: expect.stringMatching(/REMOTE_INCOMPATIBLE.*text\/html/) })
    const older = await answering((_, response) => {
      response.setHeader('content-type', 'application/json')
      response.end(
        JSON.stringify({
          name: 'x',
          role: 'admin',
          shards: null,
          timeZone: null,
          csrf: null,
          environment: 'e',
          version: '7.1.0',
        }),
      )
    })
    expect((await there('runs list', 'admin', env(older))).stderr).toMatch(/REMOTE_INCOMPATIBLE.*is release 7\.1\.0/)
  })

  it('a redirect gets no token', async () => {
    const seen: (string | undefined)[] = []
    const target = await answering((request, response) => {
      seen.push(request.headers.authorization)
      response.end()
    })
    const from = await answering((_, response) => response.writeHead(302, { location: `${target}/login` }).end())
    const { stderr } = await there('runs list', 'admin', { DAYBREAK_REMOTE: from })
    expect(stderr).toMatch(/REMOTE_INCOMPATIBLE.*leads to 127\.0\.0\.1/)
    expect(seen).toEqual([])
  })

  it('a connection that protects nothing', async () => {
    const clear = await there('runs list', 'admin', { DAYBREAK_REMOTE: 'http://daybreak.example.com' })
    expect(clear).toMatchObject({ code: 2, stderr: expect.stringContaining('[REMOTE_UNTRUSTED]') })
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1']
    const made = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1']
    execFileSync('openssl', [...made, '-keyout', key, '-out', cert, ...subject], { stdio: 'ignore' })
    const options = { key: await readFile(key), cert: await readFile(cert) }
    const seen: unknown[] = []
    const server = createTlsServer(options, (request, response) => {
      seen.push(request.headers.authorization)
      response.setHeader('content-type', 'application/json').end('{}')
    })
    const env = { DAYBREAK_REMOTE: `https://${await listening(server)}` }
    expect((await there('runs list', 'admin', env)).stderr).toMatch(/REMOTE_UNTRUSTED.*certificate is not accepted/)
    expect(seen).toEqual([])
    // Node reads the variable when a process begins.
    const known = await shell('$DAYBREAK runs list', { ...remoteEnv('admin'), ...env, NODE_EXTRA_CA_CERTS: cert })
    expect(known.stderr).toContain('[REMOTE_INCOMPATIBLE]')
  })

  it.each(['https://kim:secret@daybreak.example.com', 'http://127.0.0.1:4747/?token=secret', 'ftp://secret', 'secret'])(
    'an address that is none: %s',
    async (address) => {
      const { code, stderr } = await there('runs list', 'admin', { DAYBREAK_REMOTE: address })
      expect([code, stderr]).toEqual([2, expect.stringContaining('[USAGE_INVALID] --remote')])
      expect(stderr).not.toContain('secret')
    },
  )
})
