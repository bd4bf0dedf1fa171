import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'

const ROOT = join(import.meta.dirname, '../..')
const TEXT = readFileSync(join(ROOT, 'cloudbuild.yaml'), 'utf8')

const Step = z.strictObject({
  id: z.string(),
  name: z.string(),
  entrypoint: z.literal('bash'),
  args: z.tuple([z.string().regex(/^infra\/release\/[a-z]+\.sh$/)]),
  env: z.array(z.string().regex(/^[A-Z_]+=/)).default([]),
})
/** The fields of Cloud Build that are used here; a misspelt one is none of them. */
const CloudBuild = z.strictObject({
  substitutions: z.record(z.string().regex(/^_[A-Z_]+$/), z.string()),
  options: z.strictObject({
    machineType: z.enum(['E2_HIGHCPU_8', 'E2_HIGHCPU_32']),
    // Needed where a build has a service account of its own and no bucket for its logs.
    logging: z.literal('CLOUD_LOGGING_ONLY'),
    env: z.array(z.string().regex(/^[A-Z_]+=/)),
  }),
  timeout: z.string().regex(/^\d+s$/),
  steps: z.array(Step),
})
const build = CloudBuild.parse(parse(TEXT))
const BUILT_IN = ['PROJECT_ID', 'COMMIT_SHA']

describe('cloudbuild.yaml', () => {
  it('checks, builds, scans, pushes and deploys, in this order, and looks at the clock first', () => {
    expect(build.steps.map(({ id }) => id)).toEqual(['window', 'check', 'image', 'scan', 'push', 'deploy'])
  })

  it.each(build.steps)('$id: its script is there, and is bash', ({ args: [script] }) => {
    const { status, stderr } = spawnSync('bash', ['-n', join(ROOT, script)], { encoding: 'utf8' })
    expect(stderr).toBe('')
    expect(status).toBe(0)
  })

  it('names every step its image by version', () => {
    // Google's own builder of Docker images has no versions worth the name.
    const names = build.steps.map(({ name }) => name).filter((name) => name !== 'gcr.io/cloud-builders/docker')
    expect(names.filter((name) => !/:[\w.-]*\d/.test(name))).toEqual([])
  })

  it('uses what it declares, and declares what it uses: Cloud Build refuses anything else', () => {
    const used = [...JSON.stringify([build.steps, build.options]).matchAll(/\$\{?(\w+)/g)].map(([, name = '']) => name)
    const declared = Object.keys(build.substitutions)
    expect(used.filter((name) => !declared.includes(name) && !BUILT_IN.includes(name))).toEqual([])
    expect(declared.filter((name) => !used.includes(name))).toEqual([])
  })

  it('gives every script what it asks for', () => {
    for (const { args, env } of build.steps) {
      const given = [...build.options.env, ...env].map((text) => text.split('=')[0] ?? '')
      const text = readFileSync(join(ROOT, args[0]), 'utf8').replace(/exec bash (infra\/release\/\S+).*/, (_, path) =>
        readFileSync(join(ROOT, path), 'utf8'),
      )
      const asked = [...text.matchAll(/"\$\{([A-Z_]+):\?\}"/g)].map(([, name = '']) => name)
      expect(
        asked.filter((name) => !given.includes(name)),
        args[0],
      ).toEqual([])
    }
  })

  it('is given by the trigger of every environment only what it declares', () => {
    const trigger = readFileSync(join(ROOT, 'infra/stacks/registry.ts'), 'utf8')
    const given = [...(/substitutions: \{([^}]*)\}/.exec(trigger)?.[1] ?? '').matchAll(/(_[A-Z_]+):/g)]
    expect(given.map(([, name]) => name)).toContain('_ENVIRONMENT')
    expect(given.map(([, name = '']) => name).filter((name) => !(name in build.substitutions))).toEqual([])
  })

  it('holds no secret, and asks for none', () => {
    expect(TEXT).not.toMatch(/secret|password|token|BEGIN|AIza|availableSecrets/i)
  })
})

const IMAGE = 'us-central1-docker.pkg.dev/p/daybreak/daybreak'
const DIGEST = `sha256:${'a'.repeat(64)}`

/** Runs a script in a checkout of its own, with a docker and a gcloud that note what they are asked and say what they are told. */
describe('the scripts', () => {
  let folder: string
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'daybreak-cloudbuild-'))
    const answer = `#!/usr/bin/env bash\n(IFS='|'; echo "$(basename "$0")|$*") >> "$CALLS"\nfor word in "$@"; do
  file="$ANSWERS/$word"; if [ -f "$file" ]; then cat "$file"; exit "$(cat "$file.status" 2>/dev/null || echo 0)"; fi\ndone\n`
    mkdirSync(join(folder, 'bin'))
    for (const name of ['docker', 'gcloud', 'cosign']) {
      writeFileSync(join(folder, 'bin', name), answer)
      chmodSync(join(folder, 'bin', name), 0o755)
    }
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  let checkout: string
  beforeEach(() => {
    checkout = mkdtempSync(join(folder, 'checkout-'))
    mkdirSync(join(checkout, 'answers'))
    for (const path of ['infra/release', 'infra/image', 'Dockerfile'])
      cpSync(join(ROOT, path), join(checkout, path), { recursive: true })
  })

  function answer(word: string, text: string, status = 0): void {
    writeFileSync(join(checkout, 'answers', word), text)
    writeFileSync(join(checkout, 'answers', `${word}.status`), String(status))
  }

  function run(script: string, env: Readonly<Record<string, string>> = {}) {
    const calls = join(checkout, 'calls')
    rmSync(calls, { force: true })
    const { status, stdout, stderr } = spawnSync('bash', [join(checkout, script)], {
      encoding: 'utf8',
      cwd: checkout,
      env: {
        ...{
          PATH: `${join(folder, 'bin')}:${dirname(process.execPath)}:/usr/bin:/bin`,
          CALLS: calls,
          ANSWERS: join(checkout, 'answers'),
        },
        ...{ IMAGE, COMMIT_SHA: 'c0ffee', ENVIRONMENT: 'prod', PROJECT: 'p', SCAN_LOCATION: 'us', ...env },
      },
    })
    const words = existsSync(calls) ? readFileSync(calls, 'utf8').split('\n').filter(Boolean) : []
    return { status, stdout, stderr, words, told: words.map((call) => call.replaceAll('|', ' ')) }
  }

  function pin(): void {
    const path = join(checkout, 'Dockerfile')
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/^(ARG \w+_IMAGE=[^@\n]*).*$/gm, `$1@${DIGEST}`))
  }

  it('image.sh refuses a base that can move, except for dev', () => {
    const path = join(checkout, 'Dockerfile')
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll(/@sha256:[0-9a-f]{64}$/gm, ''))
    answer('pull', '', 1)
    const refused = run('infra/release/image.sh')
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain('Run infra/image/pin.sh')
    expect(refused.told).toEqual([])
    expect(run('infra/release/image.sh', { ENVIRONMENT: 'dev' }).status).toBe(0)
  })

  it('image.sh builds what the registry has not, and push.sh pushes it and notes its digest', () => {
    pin()
    answer('pull', '', 1)
    answer('inspect', `docker.io/other@${DIGEST}\n${IMAGE}@${DIGEST}\n`)
    const built = run('infra/release/image.sh')
    expect(built.status).toBe(0)
    expect(built.told.at(-1)).toBe(`docker build --pull --build-arg COMMIT_SHA=c0ffee --tag ${IMAGE}:c0ffee .`)
    const pushed = run('infra/release/push.sh')
    expect(pushed.told[0]).toBe(`docker push ${IMAGE}:c0ffee`)
    expect(readFileSync(join(checkout, '.infra/image'), 'utf8')).toBe(`${IMAGE}@${DIGEST}\n`)
  })

  it('a commit that was built already keeps its image', () => {
    pin()
    answer('inspect', `${IMAGE}@${DIGEST}\n`)
    answer('pull', 'there\n')
    expect(run('infra/release/image.sh').told).toEqual([`docker pull --quiet ${IMAGE}:c0ffee`])
    expect(run('infra/release/push.sh').told.filter((call) => call.startsWith('docker push'))).toEqual([])
  })

  it('push.sh deploys nothing that has no digest in this registry', () => {
    answer('inspect', `docker.io/other@${DIGEST}\n`)
    expect(run('infra/release/push.sh').status).toBe(1)
    expect(existsSync(join(checkout, '.infra/image'))).toBe(false)
  })

  it.each([
    ['CRITICAL\tFalse\tCVE-1\n', 1],
    ['LOW\tTrue\tCVE-0\nHIGH\tTrue\tCVE-2\n', 1],
    ['HIGH\tFalse\tCVE-3\n', 0],
    ['MEDIUM\tTrue\tCVE-4\nMINIMAL\tFalse\tCVE-5\n', 0],
    ['', 0],
  ])('scan.sh: %j ends with %i', (found, status) => {
    answer('scan', 'projects/p/locations/us/scans/1\n')
    answer('list-vulnerabilities', found)
    const scanned = run('infra/release/scan.sh')
    expect(scanned.status).toBe(status)
    expect(scanned.stdout).toContain(found.trim())
  })

  it('scan.sh lets nothing pass that was not scanned', () => {
    answer('scan', '')
    expect(run('infra/release/scan.sh').status).toBe(1)
    answer('scan', 'the API is not enabled\n', 1)
    expect(run('infra/release/scan.sh').status).toBe(1)
  })

  it('pin.sh writes digests behind the tags, twice as well as once, and asks who signed the base', () => {
    answer('imagetools', `${DIGEST}\n`)
    run('infra/image/pin.sh')
    const { status, told } = run('infra/image/pin.sh')
    expect(status).toBe(0)
    expect(told.filter((call) => call.startsWith('cosign verify gcr.io/distroless/'))).toHaveLength(1)
    const args = readFileSync(join(checkout, 'Dockerfile'), 'utf8').match(/^ARG \w+_IMAGE=.*$/gm)
    expect(args?.map((text) => text.split('@').slice(1))).toEqual([[DIGEST], [DIGEST]])
    expect(run('infra/release/image.sh').stderr).toBe('')
  })

  it('pin.sh leaves the Dockerfile alone when there is no digest', () => {
    const before = readFileSync(join(checkout, 'Dockerfile'), 'utf8')
    answer('imagetools', 'not found\n')
    expect(run('infra/image/pin.sh').status).toBe(1)
    expect(readFileSync(join(checkout, 'Dockerfile'), 'utf8')).toBe(before)
  })

  it.each(readdirSync(join(ROOT, 'infra/release')))('%s stops at the first thing that fails', (script) => {
    expect(readFileSync(join(ROOT, 'infra/release', script), 'utf8')).toMatch(/^set -euo pipefail$/m)
  })

  // Seconds per command, so not with every run of the suite: `npm run image:test`. Without an account gcloud gets as far as
  // asking for one, once it has understood what it is told.
  const hasGcloud = spawnSync('which', ['gcloud']).status === 0
  const reason = process.env['DAYBREAK_IMAGE'] ? (hasGcloud ? null : 'no gcloud') : 'npm run image:test runs it'

  it.skipIf(reason)(`gcloud understands all that it is told${reason ? ` (skipped: ${reason})` : ''}`, () => {
    answer('--format=json', '{"status":{"traffic":[{"percent":100,"revisionName":"old"}]}}')
    answer('--format=value(status.latestReadyRevisionName)', 'new\n')
    answer('scan', 'projects/p/locations/us/scans/1\n')
    cpSync(join(ROOT, 'config'), join(checkout, 'config'), { recursive: true })
    mkdirSync(join(checkout, '.infra'))
    writeFileSync(join(checkout, '.infra/image'), `${IMAGE}@${DIGEST}\n`)
    const afternoon = String(Date.UTC(2026, 10, 21, 18) / 1000)
    const deployed = run('infra/release/deploy.sh', { REGION: 'r', SOAK: '0', NOW: afternoon })
    expect(deployed.status, deployed.stderr).toBe(0)
    const calls = [...deployed.words, ...run('infra/release/scan.sh').words]
    const kinds = new Map(calls.map((call) => [call.replaceAll(/daybreak-\w+|=[^|]*/g, ''), call]))
    expect(kinds.size).toBeGreaterThan(7)
    const env = { PATH: process.env['PATH'], HOME: folder, CLOUDSDK_CONFIG: folder, ...SETTINGS }
    for (const call of kinds.values()) {
      const words = call.split('|').slice(1)
      // An image of this machine cannot be scanned where there is no Docker.
      if (words.includes('scan')) words.push('--remote')
      const { stderr } = spawnSync('gcloud', words, { encoding: 'utf8', env })
      expect(stderr, call).toMatch(/do not currently have an active account|could not authenticate/)
    }
  })
})

const SETTINGS = { CLOUDSDK_CORE_PROJECT: 'p', CLOUDSDK_RUN_REGION: 'r', CLOUDSDK_CORE_DISABLE_PROMPTS: '1' }
