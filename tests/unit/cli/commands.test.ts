import { spawnSync } from 'node:child_process'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { describe, expect, it } from 'vitest'
import { ERRORS } from '../../../functions/errors.ts'
import { daybreak } from '../../support/cli.ts'
import { projectFiles } from '../../support/project.ts'
import { withProject } from '../../support/project-on-disk.ts'

const orders = 'config/contracts/toast/orders.yaml'
const text = projectFiles()[orders] ?? ''
/** Long before any installation, so that only the tests which want to see a wrong clock see one. */
const clock = { now: () => Date.parse('2040-01-01T00:00:00Z'), sleep: async () => undefined }

describe('validate', () => {
  it('accepts a valid project, binds every contract and leaves nothing behind', async () => {
    await withProject(async (projectDir) => {
      const { code, stdout, stderr } = await daybreak(['validate', '--project-dir', projectDir])
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain('toast     orders    Orders.csv')
      expect(await readdir(projectDir)).toEqual(['config'])
    })
  })

  it('accepts the project of this repository', async () => {
    const { code, stdout, stderr } = await daybreak(['validate', '-o', 'json'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(JSON.parse(stdout).length).toBeGreaterThanOrEqual(7)
  })

  it('prints every problem as file:line:column and exits with 2', async () => {
    const changes = {
      [orders]: text.replace('type: string', 'type: strin').replace('that: tax <= amount', 'that: tax <= amout'),
    }
    await withProject(async (projectDir) => {
      const { code, stdout, stderr } = await daybreak(['validate', '--project-dir', projectDir])
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
      expect(stderr).toContain(`[CONFIG_INVALID] ${orders}:8:45 columns[0].type is "strin"`)
      expect(stderr).toContain('$ daybreak validate')
    }, changes)
  })

  it('marks the place of a wrong expression', async () => {
    await withProject(
      async (projectDir) => {
        const { stderr } = await daybreak(['validate', '--project-dir', projectDir])
        expect(stderr).toContain(`${orders}:12:37 checks[0].that: unknown column \`amout\``)
        expect(stderr).toContain('^^^^^')
      },
      { [orders]: text.replace('that: tax <= amount', 'that: tax <= amout') },
    )
  })

  it('says which environments are missing', async () => {
    await withProject(async (projectDir) => {
      const { code, stderr } = await daybreak(['validate', '--project-dir', projectDir, '--env', 'prod'])
      expect(code).toBe(2)
      expect(stderr).toContain('[CONFIG_MISSING] config/environments/prod.yaml:1:1 this file does not exist')
    })
  })
})

describe('contract', () => {
  it('lint reports every file at once', async () => {
    await withProject(async (projectDir) => {
      await writeFile(join(projectDir, 'a.yaml'), 'version: 1')
      await writeFile(join(projectDir, 'b.yaml'), '- 1')
      const { code, stderr } = await daybreak(['contract', 'lint', 'a.yaml', 'b.yaml', orders], { cwd: projectDir })
      expect(code).toBe(2)
      expect(stderr).toContain(`${projectDir}/a.yaml:1:1 stream is missing; expected text`)
      expect(stderr).toContain(`${projectDir}/b.yaml:1:1 the file is a list; expected keys and values`)
    })
  })

  it('diff exits with 4 when the change breaks what was there, with 0 when not', async () => {
    await withProject(async (projectDir) => {
      await mkdir(join(projectDir, 'new'))
      await writeFile(
        join(projectDir, 'new', 'orders.yaml'),
        text.replace('key: [location_id, order_id]', 'key: [order_id]'),
      )
      const broken = await daybreak(['contract', 'diff', 'orders', 'new/orders.yaml', '-o', 'json'], {
        cwd: projectDir,
      })
      expect(broken.code).toBe(4)
      expect(JSON.parse(broken.stdout)).toMatchObject([{ compatibility: 'breaking', subject: 'key' }])
      expect(await daybreak(['contract', 'diff', 'orders', orders], { cwd: projectDir })).toEqual({
        code: 0,
        stdout: 'No difference that matters.\n',
        stderr: '',
      })
    })
  })

  it.each(['duckdb', 'bigquery'])('ddl prints a statement for %s with every column', async (dialect) => {
    await withProject(async (projectDir) => {
      const { stdout } = await daybreak(['contract', 'ddl', 'orders', '--dialect', dialect], { cwd: projectDir })
      await expect(stdout).toMatchFileSnapshot(`./snapshots/create-table-${dialect}.sql`)
    })
  })

  it('ddl can be run in DuckDB, and run again', async () => {
    const connection = await (await DuckDBInstance.create(':memory:')).connect()
    const { stdout } = await daybreak(['contract', 'ddl', 'payment_details'])
    for (const sql of [stdout, stdout]) await connection.run(sql)
    const reader = await connection.runAndReadAll('SELECT count(*) FROM duckdb_columns() WHERE comment IS NOT NULL')
    expect(Number(reader.getRows()[0]?.[0])).toBeGreaterThan(50)
  })

  it('knows no stream that the project does not have', async () => {
    await withProject(async (projectDir) => {
      const { code, stderr } = await daybreak(['contract', 'ddl', 'order'], { cwd: projectDir })
      expect(code).toBe(2)
      expect(stderr).toContain('There is no stream "order". Did you mean "orders"?')
    })
  })
})

describe('dev sftp', () => {
  it.each(['nowhere/at/all', 'package.json'])('serves no folder %s, and names the flag', async (root) => {
    const { code, stderr } = await daybreak(['dev', 'sftp', '--root', root, '--port', '0'])
    expect(code).toBe(2)
    expect(stderr).toContain(`[USAGE_INVALID] --root is "${root}"; expected a folder that exists`)
  })
})

describe('doctor', () => {
  it('passes a machine and a project where all is well', async () => {
    await withProject(async (projectDir) => {
      for (const id of ['1001', '1002']) await mkdir(join(projectDir, 'inbox', id), { recursive: true })
      const { code, stdout } = await daybreak(['doctor', '-o', 'json', '--project-dir', projectDir], { clock })
      const findings: { check: string; state: string }[] = JSON.parse(stdout)
      expect(findings.filter(({ state }) => state === 'fail')).toEqual([])
      expect(findings.map(({ check }) => check)).toEqual([
        ...[
          'node',
          'time zones',
          'clock',
          'project',
          'environment',
          'home',
          'disk',
          'secrets',
          'ledger',
          'hash key',
          'warehouse',
          'tables',
          'source toast',
        ],
      ])
      expect(code).toBe(0)
    })
  })

  it('fails, says why and what to do where something is wrong, and goes on with the rest', async () => {
    const changes = { 'config/locations.yaml': 'version: 1\nlocations: none\n' }
    await withProject(async (projectDir) => {
      const wrong = { now: () => 0, sleep: async () => undefined }
      const { code, stdout } = await daybreak(['doctor', '-o', 'json', '--project-dir', projectDir], { clock: wrong })
      const findings: { check: string; state: string; message: string; remedy: string }[] = JSON.parse(stdout)
      const failed = findings.filter(({ state }) => state === 'fail')
      expect(failed.map(({ check }) => check)).toEqual(['clock', 'project'])
      expect(failed[1]?.message).toContain('[CONFIG_INVALID] config/locations.yaml:2:12 locations')
      expect(failed[1]?.remedy).toBe(ERRORS.CONFIG_INVALID.remedy)
      expect(code).toBe(1)
    }, changes)
  })

  const sourceOf = async (projectDir: string) => {
    const { stdout } = await daybreak(['doctor', '-o', 'json', '--project-dir', projectDir], { clock })
    const findings: readonly { check: string; state: string; message: string }[] = JSON.parse(stdout)
    return findings.find(({ check }) => check === 'source toast')
  }

  it('fails when the root folder of the source does not exist, and warns of locations without a folder', async () => {
    await withProject(async (projectDir) => {
      expect(await sourceOf(projectDir)).toMatchObject({
        state: 'fail',
        message: expect.stringContaining('[SOURCE_ROOT_MISSING]'),
      })
      await mkdir(join(projectDir, 'inbox', '1001'), { recursive: true })
      expect(await sourceOf(projectDir)).toMatchObject({
        state: 'warn',
        message: expect.stringContaining('1 of 2 locations have none there: 1002'),
      })
    })
  })

  it('fails when the folder of local data cannot be made', async () => {
    await withProject(async (projectDir) => {
      await writeFile(join(projectDir, 'file'), '')
      const env = { DAYBREAK_HOME: join(projectDir, 'file', 'home') }
      const { code, stdout } = await daybreak(['doctor', '-o', 'json', '--project-dir', projectDir], { clock, env })
      expect(JSON.parse(stdout)).toContainEqual(expect.objectContaining({ check: 'home', state: 'fail' }))
      expect(code).toBe(1)
    })
  })
})

interface JsonSchema {
  readonly anyOf?: readonly JsonSchema[]
  readonly oneOf?: readonly JsonSchema[]
}

function variantsOf(schema: JsonSchema): readonly JsonSchema[] {
  const variants = schema.anyOf ?? schema.oneOf
  return variants ? variants.flatMap(variantsOf) : [schema]
}

describe('schema', () => {
  it.each(['contract', 'pipeline', 'locations', 'environment', 'connections'])(
    '%s is JSON Schema that refuses unknown keys',
    async (kind) => {
      const { stdout } = await daybreak(['schema', kind])
      const schema = JSON.parse(stdout)
      for (const variant of variantsOf(schema))
        expect(variant).toMatchObject({ type: 'object', additionalProperties: false })
    },
  )

  it('knows no other kind', async () => {
    expect(await daybreak(['schema', 'contrat'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Did you mean "contract"?'),
    })
  })
})

describe('completion', () => {
  it.each([
    ['daybreak va', 1, 'validate'],
    ['daybreak runs sh', 2, 'show'],
    ['daybreak -q contract d', 3, 'diff ddl'],
    ['daybreak explain --outp', 2, '--output'],
  ])('of bash completes %j', async (line, word, expected) => {
    const { stdout: script } = await daybreak(['completion', 'bash'])
    const words = line
      .split(' ')
      .map((each) => `'${each}'`)
      .join(' ')
    const ask = `${script}\nCOMP_WORDS=(${words}); COMP_CWORD=${word}; _daybreak; echo "\${COMPREPLY[*]}"`
    expect(spawnSync('bash', ['--norc', '-c', ask], { encoding: 'utf8', cwd: '/' })).toMatchObject({
      stdout: `${expected}\n`,
      stderr: '',
    })
  })

  it.each(['zsh', 'fish'])('of %s names every command', async (shell) => {
    const { stdout } = await daybreak(['completion', shell])
    for (const name of ['validate', 'backfill', 'contract', 'ddl', 'project-dir']) expect(stdout).toContain(name)
  })

  it('of another shell does not exist', async () => {
    expect(await daybreak(['completion', 'tcsh'])).toMatchObject({ code: 2, stdout: '' })
  })
})
