import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { PROGRAM } from '../support/api-world.ts'
import { withProject } from '../support/project-on-disk.ts'

/** A real `daybreak serve`. */
async function serve(projectDir: string): Promise<{ readonly child: ChildProcess; readonly base: string }> {
  const [program = '', ...args] = PROGRAM
  const child = spawn(program, [...args, 'serve', '--port', '0', '--api-only'], {
    cwd: projectDir,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const base = await new Promise<string>((resolve, reject) => {
    let text = ''
    child.stdout.on('data', (chunk: Buffer) => {
      text += chunk.toString()
      const [link] = /http:\/\/127\.0\.0\.1:\d+/.exec(text) ?? []
      if (link !== undefined) resolve(link)
    })
    child.on('exit', () => reject(new Error(`it ended: ${text}`)))
  })
  return { child, base }
}

it('a write whose process is killed is done once by the next process, without waiting for a lease', async () => {
  await withProject(async (projectDir) => {
    const send = async (base: string, key: string) => {
      const token = (await readFile(join(projectDir, '.daybreak/token'), 'utf8')).trim()
      return await fetch(`${base}/api/runs`, {
        method: 'POST',
        body: JSON.stringify({ windows: ['2026-10-29'], reason: key }),
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': key },
      })
    }
    const keys = ['one', 'two', 'three']
    let ended = 0
    for (const key of keys) {
      const { child, base } = await serve(projectDir)
      const exit = new Promise((resolve) => child.on('exit', resolve))
      const db = new DatabaseSync(join(projectDir, '.daybreak/ledger.sqlite'), { readOnly: true })
      const begun = db.prepare('select answer from idempotency where key = ?')
      const answer = send(base, key).then(
        ({ status }) => status,
        () => null,
      )
      // Killed as soon as the request is on record, wherever its work is then.
      while (begun.get(key) === undefined) await wait(0)
      child.kill('SIGKILL')
      await exit
      if (begun.get(key)?.['answer'] === null) ended++
      db.close()
      expect([null, 202]).toContain(await answer)
    }
    expect(ended, 'writes that were killed before their answer').toBeGreaterThan(0)
    const { child, base } = await serve(projectDir)
    try {
      const ids: unknown[] = []
      for (const key of keys) {
        const first = await send(base, key)
        const second = await send(base, key)
        expect([first.status, second.status]).toEqual([202, 202])
        const answer: unknown = await first.json()
        expect(await second.json()).toEqual(answer)
        expect(answer).toMatchObject({ runId: expect.any(String) })
        ids.push(Object(answer).runId)
      }
      const db = new DatabaseSync(join(projectDir, '.daybreak/ledger.sqlite'), { readOnly: true })
      const runs = db.prepare(`select id from runs where trigger = 'http' order by created_at`).all()
      expect(runs.map(({ id }) => id)).toEqual(ids)
      const audit = db.prepare(`select subject from audit where action = 'run.create' order by at, id`).all()
      expect(audit.map(({ subject }) => subject).toSorted()).toEqual([...ids].toSorted())
      db.close()
    } finally {
      child.kill('SIGTERM')
    }
  })
})
