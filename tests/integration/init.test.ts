import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { TEMPLATE_NAMES, TEMPLATES } from '../../cli/init/templates.ts'
import { daybreak } from '../support/cli.ts'
import { testFolder } from '../support/folder.ts'
import { commandsOf } from '../support/readme.ts'

const clock = { now: () => Date.now(), sleep: (milliseconds: number) => setTimeout(milliseconds) }

async function initIn(folder: string, ...argv: readonly string[]) {
  return await daybreak(['init', ...argv], { cwd: folder, clock })
}

const filesIn = (folder: string) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))

describe('a new project', () => {
  it.each(TEMPLATE_NAMES)('of the template %s is valid, and its editor finds the schemas', async (template) => {
    const folder = await testFolder()
    const made = await initIn(folder, 'mine', '--template', template)
    expect(made, made.stderr).toMatchObject({ code: 0 })
    const project = join(folder, 'mine')
    const checked = await daybreak(['validate'], { cwd: project, clock })
    expect(checked.code, checked.stderr).toBe(0)
    const yaml = filesIn(join(project, 'config')).filter((path) => path.endsWith('.yaml'))
    expect(yaml.length).toBeGreaterThan(2)
    for (const path of yaml) {
      const [, schema] = /^# yaml-language-server: \$schema=(\S+)/.exec(readFileSync(path, 'utf8')) ?? []
      if (schema !== undefined) expect(existsSync(join(path, '..', schema)), `${path}: ${schema}`).toBe(true)
    }
    // Its page lists the commands that were printed.
    const printed = (await commandsOf(join(project, 'README.md'))).length
    expect(printed).toBe(TEMPLATES[template].commands.length)
  })

  it.each(['empty', 'csv-folder'] as const)(
    'of the template %s shows rows by the commands of its page',
    async (template) => {
      const folder = await testFolder()
      await initIn(folder, '.', '--template', template)
      let last = ''
      for (const { argv } of await commandsOf(join(folder, 'README.md'))) {
        const done = await daybreak(argv, { cwd: folder, clock })
        expect(done.code, `${argv.join(' ')}\n${done.stdout}\n${done.stderr}`).toBe(0)
        last = done.stdout
      }
      expect(last.trim().split('\n').length).toBeGreaterThan(2)
    },
  )

  it('of restaurants has those that were named, and a run says what to do without any', async () => {
    const folder = await testFolder()
    await initIn(folder, 'with', '--location', '1234=America/New_York', '--location', '77=Europe/Berlin')
    const locations = readFileSync(join(folder, 'with/config/locations.yaml'), 'utf8')
    expect(locations).toMatch(/id: '?1234'?[\s\S]*America\/New_York[\s\S]*Europe\/Berlin/)
    expect(await daybreak(['validate'], { cwd: join(folder, 'with'), clock })).toMatchObject({ code: 0 })
    await initIn(folder, 'without')
    const status = await daybreak(['status'], { cwd: join(folder, 'without'), clock })
    expect(status.code).toBe(0)
    expect(status.stdout + status.stderr).toMatch(/daybreak (import|locations add)/)
  })
})

it('calls the program by its path where npx would fetch a package of that name from strangers', async () => {
  const folder = await testFolder()
  expect((await initIn(folder, 'far')).stdout).toMatch(/\n {2}\/.*daybreak\.mjs validate\n/)
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
  writeFileSync(join(folder, 'node_modules/.bin/daybreak'), '')
  expect((await initIn(folder, 'near')).stdout).toContain('\n  npx daybreak validate\n')
})

describe('`daybreak init` refuses', () => {
  it('a folder with files of a project, names them, and changes none; --force replaces them', async () => {
    const folder = await testFolder()
    writeFileSync(join(folder, 'README.md'), 'mine')
    const refused = await initIn(folder, '.', '--template', 'empty')
    expect(refused.stderr).toMatch(/^\[STATE_CONFLICT\] .* 1 of the files already: README\.md/)
    expect(filesIn(folder)).toEqual([join(folder, 'README.md')])
    expect(await initIn(folder, '.', '--template', 'empty', '--force')).toMatchObject({ code: 0 })
    expect(readFileSync(join(folder, 'README.md'), 'utf8')).toContain('npx daybreak validate')
  })

  it.each([
    [['x', '--template', 'tost'], 'USAGE_INVALID'],
    [['x', '--location', '1234'], 'expected ID=ZONE'],
    [['x', '--location', '1234=Mars/Olympus'], '--location'],
    [['x', '--template', 'empty', '--location', '1=UTC'], 'has no restaurants'],
    [[], 'USAGE_INVALID'],
  ])('%j', async (argv, words) => {
    const folder = await testFolder()
    const { code, stderr } = await initIn(folder, ...argv)
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)])
    expect(filesIn(folder)).toEqual([])
  })

  it('a template that this installation does not have', async () => {
    const folder = await testFolder()
    const program = [process.execPath, join(folder, 'cli/daybreak.mjs')]
    const { stderr } = await daybreak(['init', 'x'], { cwd: folder, program })
    expect(stderr).toMatch(/this installation has no template toast: .*config is not there/)
  })
})

it('`daybreak schema --write` writes every schema into the project', async () => {
  const folder = await testFolder()
  const { code } = await daybreak(['schema', '--write', '--project-dir', folder])
  expect(code).toBe(0)
  expect(readdirSync(join(folder, 'config/schema'))).toEqual(readdirSync('config/schema'))
  expect((await daybreak(['schema'])).stderr).toContain('or --write')
})
