import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ROLES } from '../../functions/access/roles.ts'
import { createClient } from '../../functions/api/contract/client.ts'
import { API } from '../../functions/api/contract/routes.ts'
import { openApi } from '../../functions/api/openapi.ts'
import { type Demo, playDemo, type ServedDemo, serveDemo } from '../support/conformance/demo.ts'
import { findJudge, unless } from '../support/conformance/judge.ts'
import { readJunit } from '../support/conformance/junit.ts'
import { ROOT } from '../support/world.ts'

// A socket, which no request of HTTP opens.
const SOCKET = 'GET /api/live'
const OPERATIONS = Object.keys(API).filter((key) => key !== SOCKET)
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_headers_conformance',
  'response_schema_conformance',
  'negative_data_rejection',
  'missing_required_header',
  'unsupported_method',
  'allow_header_conformance',
  'ignored_auth',
]

const judge = await findJudge('schemathesis')

describe.skipIf(judge.without !== null)(`the OpenAPI document, judged by schemathesis${unless(judge)}`, () => {
  let folder: string
  let demo: Demo
  let { served, address, errors }: Partial<ServedDemo> = {}
  const findings = new Map<string, ReadonlyMap<string, readonly string[]>>()

  /** The admin tries every boundary of every schema; the others what a role may be refused. */
  async function ask(role: string, token: string): Promise<void> {
    const report = join(folder, `${role}.xml`)
    const phases = role === 'admin' ? 'examples,coverage,fuzzing' : 'examples,fuzzing'
    const args = [
      ...['--config-file', join(ROOT, 'tests/conformance/schemathesis.toml'), 'run', join(folder, 'openapi.json')],
      ...['--url', address ?? '', '--header', `Authorization: Bearer ${token}`, '--exclude-path', '/api/live'],
      ...['--phases', phases, '--max-examples', role === 'admin' ? '10' : '3', '--seed', '1', '--no-shrink'],
      ...['--checks', CHECKS.join(','), '--continue-on-failure', '--suppress-health-check', 'all', '--no-color'],
      ...['--report', 'junit', '--report-junit-path', report],
    ]
    const { code, stdout, stderr } = await judge.run('schemathesis', args, { cwd: folder })
    if (code > 1) throw new Error(`exit code ${code}\n${stdout}${stderr}`)
    findings.set(role, await readJunit(report))
  }

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'daybreak-schemathesis-'))
    await writeFile(join(folder, 'openapi.json'), JSON.stringify(openApi()))
    demo = await playDemo()
    ;({ served, address, errors } = await serveDemo(demo))
    const token = (await readFile(join(demo.env['DAYBREAK_HOME'] ?? '', 'token'), 'utf8')).trim()
    const call = createClient({ base: address, headers: () => ({ authorization: `Bearer ${token}` }) })
    const others = ROLES.filter((role) => role !== 'admin')
    const made = others.map(async (role) => {
      const { token: own } = await call('POST /api/tokens', {
        body: { name: `judged ${role}`, role, shards: ['185001'] },
      })
      await ask(role, own)
    })
    await Promise.all([ask('admin', token), ...made])
  }, 1_200_000)
  afterAll(async () => {
    await served?.close()
    await demo?.remove()
    await rm(folder, { recursive: true, force: true })
  })

  it.each(OPERATIONS)('%s answers every role as the document says', (operation) => {
    const found = ROLES.flatMap((role) => {
      const failures = findings.get(role)?.get(operation) ?? ['it was not tried']
      return failures.map((failure) => `as ${role}: ${failure.slice(0, 4_000)}`)
    })
    expect(found.join('\n')).toBe('')
  })

  it('meets no state that should not be possible', () => {
    expect(errors?.filter(({ code }) => code === 'INTERNAL').map(({ message }) => message)).toEqual([])
  })
})
