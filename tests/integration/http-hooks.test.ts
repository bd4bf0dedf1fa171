import { createHmac } from 'node:crypto'
import type { lookup } from 'node:dns'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type HookRequest, sendHookRequest } from '../../functions/adapters/webhook/hook-request.ts'
import { daybreak } from '../support/cli.ts'
import { type Certificate, makeCertificate } from '../support/notify/certificate.ts'
import { type Service, type ServiceAnswer, type ServiceRequest, startService } from '../support/notify/moody-server.ts'
import { createTableProject, type TableProject } from '../support/table-project.ts'

let certificate: Certificate
let project: TableProject
let server: Service
let answer: (request: ServiceRequest) => ServiceAnswer

const CLOCK = {
  now: () => Date.now(),
  sleep: async (milliseconds: number) =>
    void (await new Promise((resolve) => setTimeout(resolve, Math.min(milliseconds, 20)))),
}

beforeAll(async () => {
  certificate = makeCertificate()
  project = await createTableProject({
    shop: '{ kind: sqlite, path: shop.sqlite }',
    copy: '{ kind: sqlite, path: copy.sqlite }',
  })
  const database = new DatabaseSync(join(project.folder, 'shop.sqlite'))
  database.exec('create table prices (id integer primary key, price numeric); insert into prices values (1, 2), (2, 3)')
  database.close()
  await writeFile(join(project.folder, 'secrets/hook_key'), 'signing-canary')
  await writeFile(join(project.folder, 'secrets/token'), 'token-canary')
  await writeFile(join(project.folder, 'secrets/ca'), certificate.cert)
})
afterAll(() => project?.remove())
beforeEach(async () => {
  answer = () => ({ status: 200, body: {} })
  server = await startService((request) => answer(request), certificate)
})
afterEach(() => server.close())

const ENVIRONMENT = 'config/environments/local.yaml'
let original: string

/** Sets the rights of the environment; the certificate of the server of the tests is trusted. */
async function allow(rights: string) {
  original ??= await readFile(join(project.folder, ENVIRONMENT), 'utf8')
  await writeFile(join(project.folder, ENVIRONMENT), `${original}hooks: { ca: secret://ca, ${rights} }\n`)
}

async function run(name: string, hook: readonly string[]) {
  await project.pipeline(name, [
    ...['source: shop', 'destination: copy', 'hooks:', '  window:', '    after:', '      - on_failure: fail'],
    ...hook.map((line) => `        ${line}`),
    ...['streams:', `  ${name}: { from: prices }`],
  ])
  const { code, stdout, stderr } = await daybreak(['run', name, '-o', 'json', '--quiet'], {
    cwd: project.folder,
    env: project.env,
    clock: CLOCK,
  })
  await rm(join(project.folder, `config/pipelines/${name}.yaml`))
  return { code, text: stdout + stderr }
}

/** A number with more digits than a double has. */
const raw = (digits: string): unknown => Reflect.get(JSON, 'rawJSON')(digits)

const HERE = 'hosts: [localhost], networks: ["127.0.0.0/8", "::1/128"]'
const here = (path: string) => `https://localhost:${server.port}${path}`

describe('a request of a hook', () => {
  it('tells of the window, once, with a key and a signature', async () => {
    await allow(HERE)
    const { code, text } = await run('told', [`http: ${here('/prices')}`, 'secret: secret://hook_key'])
    expect({ code, text }).toMatchObject({ code: 0 })
    const [seen, ...more] = server.seen
    expect(more).toEqual([])
    const { headers = {}, text: body = '' }: Partial<ServiceRequest> = seen ?? {}
    const event = JSON.parse(body)
    expect(event).toMatchObject({
      ...{ v: 1, hook: 'window.after.0', pipeline: 'told', stream: 'told', attempt: 1 },
      counts: { source: 2, accepted: 2, rejected: 0 },
    })
    const key = `local_told_told_${event.window}/window.after.0`
    expect(headers['idempotency-key']).toBe(key)
    const content = `${key}.${String(headers['webhook-timestamp'])}.${body}`
    const signature = createHmac('sha256', 'signing-canary').update(content).digest('base64')
    expect(headers['webhook-signature']).toBe(`v1,${signature}`)
  })

  it('is tried again after an answer that may pass, and not after another', async () => {
    await allow(HERE)
    let asked = 0
    answer = () => ({ status: ++asked < 3 ? 503 : 200, body: {} })
    expect(await run('again', [`http: ${here('/')}`])).toMatchObject({ code: 0 })
    expect(asked).toBe(3)
    asked = 0
    answer = () => {
      asked++
      return { status: 404, body: 'not here' }
    }
    const { code, text } = await run('never', [`http: ${here('/')}`])
    expect({ code, asked }).toEqual({ code: 1, asked: 1 })
    expect(text).toContain('HOOK_FAILED')
    expect(text).toContain('answered 404')
  })

  it('goes to no private address that the environment has not opened', async () => {
    await allow('hosts: [localhost, 127.0.0.1, 169.254.169.254]')
    for (const [name, url] of [
      ['by_name', here('/')],
      ['by_address', `https://127.0.0.1:${server.port}/`],
    ] as const) {
      const { code, text } = await run(name, [`http: ${url}`])
      expect({ code, isRefused: text.includes('HOOK_REFUSED') }, text).toEqual({ code: 2, isRefused: true })
    }
    await allow('hosts: [169.254.169.254], networks: ["0.0.0.0/0"]')
    expect((await run('metadata', ['http: https://169.254.169.254/latest/meta-data'])).text).toContain('HOOK_REFUSED')
    expect(server.seen).toEqual([])
  })

  it('follows no redirect and reads no large answer', async () => {
    await allow(HERE)
    server.mood = { is: 'moved', to: here('/elsewhere') }
    expect((await run('moved', [`http: ${here('/')}`])).text).toContain('a redirect, which is not followed')
    expect(server.seen).toEqual([])
    server.mood = { is: 'well' }
    answer = () => ({ status: 200, body: 'x'.repeat(1_100_000) })
    expect((await run('large', [`http: ${here('/')}`])).text).toContain('more than 1 MiB')
  })

  it('trusts no certificate but those that it should', async () => {
    await allow(HERE)
    await writeFile(join(project.folder, ENVIRONMENT), `${original}hooks: { ${HERE} }\n`)
    expect((await run('untrusted', [`http: ${here('/')}`, 'retries: 0'])).text).toMatch(/SELF_SIGNED|UNABLE_TO_VERIFY/)
    expect(server.seen).toEqual([])
  })

  it('starts a job of Databricks and waits for it: docs/hooks.md', async () => {
    await allow(HERE)
    const runs = new Map<string, { readonly id: string; asked: number }>()
    answer = ({ method, path, headers, text }) => {
      if (headers.authorization !== 'Bearer token-canary') return { status: 401, body: {} }
      if (method === 'POST' && path === '/api/2.1/jobs/run-now') {
        const { job_id, idempotency_token: token } = JSON.parse(text)
        if (job_id !== 412 || typeof token !== 'string' || token.length > 64) return { status: 400, body: {} }
        const known = runs.get(token) ?? { id: `9007199254740993${runs.size}`, asked: 0 }
        runs.set(token, known)
        return { status: 200, body: { run_id: raw(known.id), number_in_job: 1 } }
      }
      const found = [...runs.values()].find(({ id }) => path === `/api/2.1/jobs/runs/get?run_id=${id}`)
      if (!found) return { status: 400, body: { error_code: 'INVALID_PARAMETER_VALUE' } }
      found.asked++
      const isOver = found.asked > 2
      const state = isOver
        ? { life_cycle_state: 'TERMINATED', result_state: runs.size === 1 ? 'SUCCESS' : 'FAILED' }
        : { life_cycle_state: 'RUNNING' }
      return { status: 200, body: { run_id: raw(found.id), state } }
    }
    const job = [
      `http: ${here('/api/2.1/jobs/run-now')}`,
      'token: secret://token',
      'body: { job_id: 412, idempotency_token: "{digest}", job_parameters: { window: "{window}" } }',
      'wait:',
      `  http: ${here('/api/2.1/jobs/runs/get?run_id={answer.run_id}')}`,
      '  until: { state.life_cycle_state: [TERMINATED, SKIPPED, INTERNAL_ERROR] }',
      '  expect: { state.result_state: [SUCCESS] }',
    ]
    expect(await run('databricks', job)).toMatchObject({ code: 0 })
    expect([...runs.values()].map(({ asked }) => asked)).toEqual([3])
    const { code, text } = await run('databricks_two', job)
    expect(code).toBe(1)
    expect(text).toContain('state.result_state = FAILED; expected state.result_state = SUCCESS')
  })
})

describe('a name that resolves to another address the second time', () => {
  const ask = (resolve: HookRequest['resolve'], networks: readonly string[] = []) =>
    sendHookRequest({
      ...{ url: `https://rebind.example:${server.port}/`, method: 'POST', headers: {}, body: '{}' },
      ...{ timeout: 2_000, networks, ca: certificate.cert, ...(resolve && { resolve }) },
    })
  const resolver = (answers: readonly (readonly string[])[]) => {
    let at = 0
    const resolve = ((_: string, __: object, callback: (error: null, found: object) => void) => {
      const found = answers[Math.min(at++, answers.length - 1)] ?? []
      callback(
        null,
        found.map((address) => ({ address, family: 4 })),
      )
    }) as unknown as typeof lookup
    return { resolve, count: () => at }
  }

  it('is asked once, and the connection goes to the address that was looked at', async () => {
    // A public address that nothing answers, then this machine: a second question leads to this machine.
    const { resolve, count } = resolver([['240.0.0.1'], ['127.0.0.1']])
    await expect(ask(resolve)).rejects.toMatchObject({ code: 'HOOK_REFUSED' })
    const other = resolver([['192.88.99.1'], ['127.0.0.1']])
    await expect(ask(other.resolve)).rejects.toMatchObject({ code: 'HOOK_FAILED' })
    expect([count(), other.count()]).toEqual([1, 1])
    expect(server.seen).toEqual([])
  })

  it('is refused where one of its addresses is private', async () => {
    await expect(ask(resolver([['192.88.99.1', '127.0.0.1']]).resolve)).rejects.toMatchObject({ code: 'HOOK_REFUSED' })
  })
})
