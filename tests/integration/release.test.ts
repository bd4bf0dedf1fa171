import { spawnSync } from 'node:child_process'
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Temporal } from 'temporal-polyfill'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const DIGEST = `us-central1-docker.pkg.dev/p/daybreak/daybreak@sha256:${'a'.repeat(64)}`
/** 18:00 UTC on a day in November: 13:00 in New York, 10:00 in Los Angeles. */
const AFTERNOON = Date.UTC(2026, 10, 21, 18) / 1000
const ZONES = ['America/New_York', 'America/Chicago', 'America/Los_Angeles']

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'daybreak-release-'))
  // What gcloud is asked is written down; what it answers is what the scenario says.
  const gcloud = `#!/usr/bin/env bash
echo "$*" >> "$CALLS"
case "$*" in
  *'jobs execute daybreak-migrate'*) [ "\${MIGRATION:-done}" = done ] || exit 4 ;;
  *'jobs execute'*) [ "\${SHADOW:-same}" = same ] || exit 3 ;;
  *'--format=json'*) echo '{"status":{"traffic":[{"tag":"candidate","revisionName":"new"},{"percent":100,"revisionName":"old"}]}}' ;;
  *latestReadyRevisionName*) echo new ;;
  *'update-traffic'*) echo "$*" > "$CALLS.last" ;;
  *'logging read'*) if [ -n "\${FAILS_AT:-}" ] && grep -q "new=$FAILS_AT" "$CALLS.last"; then echo insert-id; fi ;;
esac
`
  await writeFile(join(folder, 'gcloud'), gcloud)
  await chmod(join(folder, 'gcloud'), 0o755)
  await writeFile(join(folder, 'locations.yaml'), ZONES.map((zone) => `    time_zone: ${zone}\n`).join(''))
})
afterAll(() => rm(folder, { recursive: true }))

let number = 0

async function release(env: Readonly<Record<string, string>>, image = DIGEST) {
  const calls = join(folder, `calls-${number++}`)
  const { status, stderr } = spawnSync('bash', ['infra/release/canary.sh', image], {
    encoding: 'utf8',
    env: {
      ...process.env,
      PATH: `${folder}:${process.env['PATH']}`,
      CALLS: calls,
      PROJECT: 'p',
      REGION: 'r',
      ENVIRONMENT: 'prod',
      SOAK: '0',
      NOW: String(AFTERNOON),
      LOCATIONS: join(folder, 'locations.yaml'),
      ...env,
    },
  })
  const said = await readFile(calls, 'utf8').catch(() => '')
  return { status, stderr, calls: said.split('\n').filter(Boolean) }
}

const traffic = (calls: readonly string[]) =>
  calls.flatMap((call) => /update-traffic (daybreak-worker) --to-revisions=(\S+)/.exec(call)?.[2] ?? [])

describe('a release', () => {
  it('goes from nothing through a shadow to 10, 50 and 100 percent', async () => {
    const { status, calls, stderr } = await release({})
    expect(status, stderr).toBe(0)
    expect(traffic(calls)).toEqual(['new=10,old=90', 'new=50,old=50', 'new=100'])
    const at = (text: string) => calls.findIndex((call) => call.includes(text))
    expect(at('--no-traffic --tag=candidate')).toBeLessThan(at('jobs execute daybreak-shadow'))
    expect(at('jobs execute daybreak-shadow')).toBeLessThan(at('update-traffic'))
    expect(calls.at(-1)).toContain('jobs update daybreak-shadow')
    expect(calls.find((call) => call.includes('jobs execute daybreak-shadow'))).toMatch(
      /--args=shadow,-e,prod,--date,\d{4}-\d\d-\d\d$/,
    )
  })

  it('migrates the ledger by a job with the new image, before any revision of it begins', async () => {
    const { calls } = await release({})
    const [update, execute, ...rest] = calls.filter((call) => /^run (jobs|services) (update|execute)/.test(call))
    expect(update).toBe(`run jobs update daybreak-migrate --container=daybreak --image=${DIGEST}`)
    expect(execute).toMatch(/jobs execute daybreak-migrate --wait --container=daybreak --args=ledger,migrate,-e,prod$/)
    expect(rest[0]).toContain('services update daybreak-worker --no-traffic')
  })

  it('ends where the ledger cannot be migrated, with no revision made and no traffic moved', async () => {
    const { status, calls } = await release({ MIGRATION: 'fails' })
    expect(status).toBe(4)
    expect(calls.filter((call) => call.includes('services update'))).toEqual([])
  })

  it('names the container of every job of two', async () => {
    const { calls } = await release({})
    const jobs = calls.filter((call) => /run jobs (execute|update)/.test(call))
    expect(jobs.length).toBeGreaterThan(4)
    for (const call of jobs) expect(call).toContain('--container=daybreak')
  })

  it('gives traffic back, and none away, when the shadow differs', async () => {
    const { status, calls, stderr } = await release({ SHADOW: 'different' })
    expect(status).toBe(3)
    expect(traffic(calls)).toEqual(['old=100'])
    expect(stderr).toContain('Rolling back: worker to old')
  })

  it.each(['10', '50', '100'])('gives traffic back when the candidate answers 5xx at %s percent', async (percent) => {
    const { status, calls, stderr } = await release({ FAILS_AT: percent })
    expect(status).toBe(1)
    expect(stderr).toContain(`answered 5xx at ${percent} %`)
    expect(traffic(calls).at(-1)).toBe('old=100')
    expect(calls.some((call) => call.includes('jobs update daybreak-backfill'))).toBe(false)
  })

  it('does not begin in the morning of any location', async () => {
    const { status, calls, stderr } = await release({ NOW: String(Date.UTC(2026, 10, 21, 12) / 1000) })
    expect(status).toBe(1)
    expect(stderr).toContain('not between 03:00 and 08:00')
    expect(calls).toEqual([])
  })

  it('does not begin with a tag, which may move', async () => {
    const { status, calls } = await release({}, 'us-central1-docker.pkg.dev/p/daybreak/daybreak:latest')
    expect(status).toBe(2)
    expect(calls).toEqual([])
  })
})

it('the window is open at every hour while no location is configured', async () => {
  for (const hour of [3, 9, 12, 23]) {
    const NOW = String(Date.UTC(2026, 10, 21, hour) / 1000)
    const { status, stdout } = spawnSync('bash', ['infra/release/window.sh'], {
      encoding: 'utf8',
      env: { ...process.env, NOW },
    })
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'No location is configured, so none has its morning.\n' })
  }
})

it('the window knows every zone of the locations', () => {
  for (const zone of ZONES) {
    // When a zone east of it has its morning as well, that one is named; early or late it is this one.
    const closed = ['03:00', '05:30', '07:59'].filter((time) => {
      const local = Temporal.PlainDateTime.from(`2026-11-21T${time}`).toZonedDateTime(zone)
      const { stderr } = spawnSync('bash', ['infra/release/window.sh'], {
        encoding: 'utf8',
        env: {
          ...process.env,
          LOCATIONS: join(folder, 'locations.yaml'),
          NOW: String(local.epochMilliseconds / 1000),
        },
      })
      return stderr.includes(`It is ${time} in ${zone}:`)
    })
    expect(closed.length, `times that ${zone} closes`).toBeGreaterThan(0)
  }
})
