import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Route } from '../../functions/api/contract/route.ts'
import { EXAMPLE } from '../../functions/api/contract/route.ts'
import { API, type ApiKey } from '../../functions/api/contract/routes.ts'
import { exampleText } from '../../functions/api/docs.ts'
import { HANDLERS } from '../../functions/api/handlers.ts'
import { type Served, serveLaptop } from '../../functions/compose/serve.ts'
import { type ApiWorld, createApiWorld, PROGRAM, UNLIMITED } from '../support/api-world.ts'
import { runScripts, stepsOf } from '../support/guide.ts'
import { silent } from '../support/world.ts'

let api: ApiWorld
let served: Served
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-guide-'))
  api = await createApiWorld()
  served = await serveLaptop(api.project, {
    ...{ clock: api.world.clock, log: silent, env: {}, port: 0, version: '1.2.3', program: PROGRAM },
    ...{ dashboard: null, isWorking: false, limits: UNLIMITED },
  })
})
afterAll(async () => {
  await served.close()
  await api.close()
  await rm(folder, { recursive: true, force: true })
})

/** Output of scripts that name the port of `daybreak serve`, with the port of this server. */
async function run(scripts: readonly string[]): Promise<readonly string[]> {
  const here = scripts.map((script) => script.replaceAll(':4747', `:${served.port}`))
  const env = { ...process.env, DAYBREAK_HOME: api.project.home }
  return await runScripts(here, { cwd: folder, env })
}

it('every command of the guide works in order, and prints what the guide shows', async () => {
  const steps = await stepsOf('docs/api.md')
  const outputs = await run(steps.map(({ script }) => script))
  expect(steps.filter(({ shown }) => shown !== null).length).toBeGreaterThan(10)
  for (const [at, { script, shown }] of steps.entries()) {
    const printed = outputs[at] ?? ''
    if (shown === null) continue
    if (shown.language === 'text') expect(printed, script).toBe(shown.text)
    else expect(JSON.parse(printed), script).toMatchObject(JSON.parse(shown.text))
  }
})

// Ids that stand for those of a project, which this one does not have.
const STRANGE = [EXAMPLE.run, EXAMPLE.incident, EXAMPLE.backfill, EXAMPLE.version, EXAMPLE.token, 'rules/late']
const reads = (Object.entries(API) as [ApiKey, Route][])
  .filter(([key, { status }]) => key.startsWith('GET ') && key in HANDLERS && status !== 101)
  .flatMap(([key, { examples }]) => examples.map((example) => exampleText(key, example)))

describe('lines of curl in the reference', () => {
  it('read what exists, and say 404 only of ids that are made up', async () => {
    const outputs = await run(reads.map((line) => line.replace('curl ', `curl -sS -o answer -w '%{http_code}' `)))
    expect(reads.length).toBeGreaterThan(30)
    expect(outputs.map((status, at) => [reads[at], status])).toEqual(
      reads.map((line) => [line, STRANGE.some((id) => line.includes(id)) ? '404' : '200']),
    )
  })

  it('write as a shell passes them on: with quotes, a version and a body', async () => {
    const ask = { reason: `it's "said" $(twice)`, slices: [] }
    const [answer = ''] = await run([exampleText('POST /api/slices:retry', { title: 'Quotes', body: ask })])
    expect(JSON.parse(answer)).toMatchObject({ code: 'REQUEST_INVALID', errors: [{ pointer: '/slices' }] })
  })
})
