import { mkdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { createClient } from '../../functions/api/contract/client.ts'
import { addDays, localDate } from '../../functions/lib/business-date.ts'
import { shell } from '../support/cli.ts'
import { withProject } from '../support/project-on-disk.ts'

const OLD = Date.now() / 1000 - 86_400
const DAY = addDays(localDate(Date.now(), 'America/New_York'), -2)

async function deliver(projectDir: string, name: string, text: string): Promise<void> {
  const folder = join(projectDir, 'inbox/1001', DAY.replaceAll('-', ''))
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, name), text)
  await utimes(join(folder, name), OLD, OLD)
}

it('serves in the background while other commands run, works on what is asked over the API, and ends when told', async () => {
  await withProject(async (projectDir) => {
    await deliver(projectDir, 'Orders.csv', 'Order Id,Amount,Tax\n1,10.00,1.00\n2,20.00,2.00\n')
    await deliver(projectDir, 'Payments.csv', 'Payment Id,Order Id,Amount\n7,1,10.00\n8,2,20.00\n')
    const run = (line: string) => shell(`cd '${projectDir}' && $DAYBREAK ${line}`)
    const started = await run('start --port 0 --api-only')
    expect(started).toMatchObject({ code: 0, stderr: '' })
    const [, base = ''] = /(http:\/\/127\.0\.0\.1:\d+)\/\?token=[0-9a-f]{64}/.exec(started.stdout) ?? []
    try {
      const again = await run('start --port 0 --api-only')
      expect([again.code, again.stderr]).toEqual([expect.any(Number), expect.stringContaining('runs already')])
      const token = (await readFile(join(projectDir, '.daybreak/token'), 'utf8')).trim()
      const call = createClient({ base, headers: () => ({ authorization: `Bearer ${token}` }) })
      const body = { windows: [DAY], shards: ['1001'], reason: 'a test' }
      const { runId } = await call('POST /api/runs', { body, idempotencyKey: 'one' })
      const isOver = async () => {
        const { state } = await call('GET /api/runs/{id}', { path: { id: runId ?? '' } })
        return !['queued', 'running'].includes(state)
      }
      while (!(await isOver())) await wait(200)
      const path = { pipeline: 'toast', window: DAY, shard: '1001', stream: 'orders' }
      const slice = await call('GET /api/slices/{pipeline}/{window}/{shard}/{stream}', { path })
      expect(slice).toMatchObject({ state: 'loaded', rows: 2, delivery: { isBalanced: true, tableRows: 2 } })
      // The worker has given the file of the tables back, or the question waits until it has.
      const [preview, counted, listed] = await Promise.all([
        call('POST /api/query:preview', { body: { sql: 'select sum(amount) from toast.orders' } }),
        run(`query 'select count(*) as n from toast.orders' -o csv`),
        run('runs list -o json'),
      ])
      expect(preview.rows).toEqual([[expect.stringMatching(/^30\.0+$/)]])
      expect(counted).toMatchObject({ code: 0, stdout: 'n\r\n2\r\n' })
      expect(listed.stdout).toContain(runId ?? 'no run')
      const { lines } = await call('GET /api/runs/{id}/log', { path: { id: runId ?? '' } })
      expect(lines.length).toBeGreaterThan(0)
      expect(await run('open')).toMatchObject({ code: 0, stdout: expect.stringMatching(/token=[0-9a-f]{64}\n$/) })
      expect((await run(`logs --run ${runId}`)).stdout.split('\n').length).toBeGreaterThan(1)
      const written = await readFile(join(projectDir, '.daybreak/logs/serve.log'), 'utf8')
      expect(written).not.toContain(token)
    } finally {
      expect(await run('stop')).toMatchObject({ code: 0, stdout: expect.stringContaining('has ended') })
    }
    expect((await run('open')).stderr).toContain('no server runs for this project')
  })
})
