import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { TEMPLATE_NAMES } from '../../cli/init/templates.ts'
import { main as infra } from '../../infra/main.ts'
import manifest from '../../package.json' with { type: 'json' }
import { runCloudDemo } from '../demo/demo.ts'
import { collectedStream, daybreak } from '../support/cli.ts'
import { sharedFolder } from '../support/folder.ts'
import { bytesBelow, type Installed, installPackage } from '../support/package.ts'
import { commandsOf } from '../support/readme.ts'
import { ROOT } from '../support/world.ts'

const scratch = await sharedFolder()
let installed: Installed
beforeAll(async () => {
  writeFileSync(KEY.DAYBREAK_HASH_KEY, 'a planted secret key of 32 bytes or more')
  installed = await installPackage(scratch)
})

// Pseudonyms follow from it, and so do the names and bytes of parts.
const KEY = { DAYBREAK_HASH_KEY: join(scratch, 'hash-key') }

async function run(cwd: string, ...argv: readonly string[]) {
  const done = await installed.run(['daybreak', ...argv], { cwd, env: KEY })
  return { ...done, all: `$ daybreak ${argv.join(' ')}\n${done.stdout}\n${done.stderr}` }
}

/** Hash of each file below a folder by its path. */
function hashesOf(folder: string): Readonly<Record<string, string>> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    files.map(({ parentPath, name }) => {
      const path = join(parentPath, name)
      return [path.slice(folder.length), createHash('sha256').update(readFileSync(path)).digest('hex')]
    }),
  )
}

describe('the installed package', () => {
  it('is four packages of less than 95 MB', () => {
    const modules = join(installed.folder, 'node_modules')
    const packages = readdirSync(modules, { recursive: true, encoding: 'utf8' }).filter((path) =>
      /^(@[^/]+\/)?[^/@]+\/package\.json$/.test(path),
    )
    expect(packages.map((path) => path.replace('/package.json', '')).toSorted()).toEqual([
      '@duckdb/node-bindings',
      expect.stringMatching(/^@duckdb\/node-bindings-\w+-\w+$/),
      'daybreak',
      'detect-libc',
    ])
    expect(bytesBelow(modules)).toBeLessThan(95e6)
  })

  it('has the licences of what it carries, and nothing of the machine that packed it', () => {
    const licences = readFileSync(join(installed.root, 'THIRD_PARTY_LICENCES'), 'utf8')
    for (const name of ['zod', 'ssh2', '@google-cloud/bigquery', 'react', 'uplot', 'cdktn'])
      expect(licences).toMatch(new RegExp(`^${name} [\\d.]+ \\((MIT|Apache-2.0|MPL-2.0)\\)`, 'm'))
    const files = readdirSync(installed.root, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    )
    const told = files.filter(({ parentPath, name }) =>
      readFileSync(join(parentPath, name), 'latin1').includes(`${ROOT}/`),
    )
    expect(told.map(({ name }) => name)).toEqual([])
    expect(files.filter(({ name }) => /\.(node|test\.ts|pem|map)$/.test(name)).map(({ name }) => name)).toEqual([])
  })

  it('says its version, and the runbooks that messages name are in it', async () => {
    expect((await run(installed.folder, 'version')).stdout).toMatch(`daybreak ${manifest.version} (node `)
    const told = JSON.parse((await run(installed.folder, 'explain', 'FILE_TRUNCATED', '-o', 'json')).stdout)
    expect(told.runbook.startsWith(installed.root) && existsSync(told.runbook)).toBe(true)
  })
})

describe('a project of the installed package', () => {
  it.each(TEMPLATE_NAMES)('is made from the template %s, and goes through its README', async (template) => {
    const home = installed.folderFor('projects')
    const made = await run(home, 'init', template, '--template', template)
    expect(made.code, made.all).toBe(0)
    const project = join(home, template)
    for (const { argv } of await commandsOf(join(project, 'README.md'))) {
      // As it is printed: npx finds the package in a folder above.
      const done = await installed.run(['npx', '--offline', 'daybreak', ...argv], { cwd: project })
      expect(done.code, `npx daybreak ${argv.join(' ')}\n${done.stdout}\n${done.stderr}`).toBe(0)
    }
    const doctor = await installed.run(['daybreak', 'doctor', '--skip', 'source'], { cwd: project })
    expect(doctor.code, doctor.stdout).toBe(0)
  })

  it('makes the same files of the same exports as the checkout, and the same tables', async () => {
    const [own, theirs] = ['checkout', 'package'].map((name) =>
      installed.copyFor(join(ROOT, 'config'), `${name}/config`),
    )
    const exports = join(installed.folder, 'exports')
    const [mocked] = [await run(installed.folder, 'mock', '--out', exports, '--days', '1', '--scale', '0.3')]
    expect(mocked.code, mocked.all).toBe(0)
    const words = ['import', exports, '--time-zone', 'America/New_York', '--quiet']
    const made = await run(join(theirs!, '..'), ...words)
    expect(made.code, made.all).toBe(0)
    const clock = { now: () => Date.now(), sleep: async () => undefined }
    expect(await daybreak(words, { cwd: join(own!, '..'), clock, env: KEY })).toMatchObject({ code: 0 })
    const objects = (config: string, kind: string) => hashesOf(join(config, '../.daybreak/objects', kind))
    for (const kind of ['raw', 'parts']) {
      const files = objects(theirs!, kind)
      expect(Object.keys(files).length).toBeGreaterThan(20)
      expect(files).toEqual(objects(own!, kind))
    }
    // A mart, which is built after the loads.
    const sql = 'select sum(net_sales) as net, count(*) as days from models.daily_sales'
    const answer = await run(join(theirs!, '..'), 'query', sql, '-o', 'json')
    expect(JSON.parse(answer.stdout)).toEqual([{ net: expect.stringMatching(/^\d+\.\d+$/), days: expect.anything() }])
  })

  it('serves its dashboard and its API', async () => {
    const project = installed.copyFor(join(installed.root, 'examples/csv-folder'), 'shops')
    const child = spawn('/bin/sh', ['-c', 'exec "$0" serve --port 0', join(installed.root, 'cli/daybreak.mjs')], {
      cwd: project,
      env: { PATH: process.env['PATH'], HOME: installed.folder },
    })
    onTestFinished(() => void child.kill('SIGKILL'))
    const link = await new Promise<URL>((resolve, reject) => {
      let text = ''
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => {
          text += chunk.toString()
          const [found] = /http:\/\/127\.0\.0\.1:\d+\/\?token=\w+/.exec(text) ?? []
          if (found) resolve(new URL(found))
        })
      child.on('exit', () => reject(new Error(text)))
    })
    const page = await (await fetch(link.origin)).text()
    const [script = ''] = /(?<=src=")\/assets\/[^"]+\.js/.exec(page) ?? []
    expect((await fetch(link.origin + script)).headers.get('content-type')).toMatch('javascript')
    expect((await fetch(`${link.origin}/api/me`)).status).toBe(401)
    const ended = new Promise((resolve) => child.on('exit', resolve))
    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  })

  it('writes the same resources of Google Cloud as the checkout', async () => {
    const project = installed.copyFor(join(ROOT, 'config'), 'cloud/config')
    const done = await run(join(project, '..'), 'infra', 'synth', '--env', 'dev')
    expect(done.code, done.all).toBe(0)
    // The command of the checkout writes below the project too, so it has a copy of its own.
    const own = installed.copyFor(join(ROOT, 'config'), 'checkout-cloud/config')
    const print = () => undefined
    expect(await infra({ argv: ['synth', '--env', 'dev'], env: {}, projectDir: join(own, '..'), print })).toBe(0)
    const files = hashesOf(join(project, '../.infra'))
    expect(Object.keys(files).length).toBeGreaterThan(10)
    expect(files).toEqual(hashesOf(join(own, '../.infra')))
  })
})

describe('the server of the installed package', () => {
  it('carries the demo on a local Google Cloud, with the clients that are bundled', async () => {
    const stdout = collectedStream()
    let looked = false
    await runCloudDemo({
      ...{ stdout, nights: 1, scale: 0.2, program: join(installed.root, 'functions/server.js') },
      async atEnd({ rows }, { nights, backfill }) {
        const slices = await rows('slices', 'list', 'toast')
        const count = (...states: readonly string[]) =>
          slices.filter(({ state }) => states.includes(String(state))).length
        const expected = 3 * 10 * (nights.length + backfill.length)
        expect([count('loaded', 'quarantined'), count('missing')]).toEqual([expected - 1, 1])
        looked = true
      },
    })
    expect(looked).toBe(true)
    expect(stdout.text()).toMatch(/POST \/dead-letter:replay {2}202; dead now: 0/)
  })
})
