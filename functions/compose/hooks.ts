import { createHash } from 'node:crypto'
import { readFile, realpath } from 'node:fs/promises'
import { extname, join, sep } from 'node:path'
import { type HookProcess, openHookProcess } from '../adapters/local/hook-process.ts'
import { toMilliseconds } from '../config/duration.ts'
import { mayRunScripts } from '../config/hook-checks.ts'
import { allHooks, type ScriptHook, type SqlHook } from '../config/hooks-config.ts'
import type { Project } from '../config/project.ts'
import { DaybreakError } from '../errors.ts'
import { answersOf } from '../pipeline/hooks/answers.ts'
import type { HookCall, PipelineHookCaller } from '../pipeline/hooks/ports.ts'
import type { Closing } from './closing.ts'
import { type ConnectorOpening, openSession } from './connectors.ts'
import { callHttp } from './http-hooks.ts'
import { connectionOf, tablePipelines } from './tables.ts'

type Opening = ConnectorOpening & { readonly closing: Closing }

/** Calls the hooks of a project; null where no pipeline has any. Scripts are started when they are first asked. */
export function openHooks(project: Project, opening: Opening): PipelineHookCaller | null {
  const pipelines = tablePipelines(project)
  if ([...pipelines.values()].flatMap(allHooks).length === 0) return null
  const scripts = openScriptHooks(project, opening)
  return {
    async call({ hook, event, key }, signal) {
      if ('sql' in hook) return await callSql(hook, event.pipeline, project, opening)
      if ('http' in hook) return await callHttp({ hook, event, key }, project, { ...opening, signal })
      await scripts.tell({ hook, event, key }, signal)
    },
    rows: scripts.rows,
    hashOf: scripts.hashOf,
    hooksOf: (name) => pipelines.get(name)?.hooks ?? null,
  }
}

async function callSql({ sql, on }: SqlHook, pipeline: string, project: Project, opening: Opening): Promise<void> {
  const name = tablePipelines(project).get(pipeline)?.[on] ?? ''
  const session = await openSession(name, connectionOf(project, name), opening)
  try {
    await session.run(sql)
  } finally {
    await session.close()
  }
}

/** The scripts of a project: one process of each in this worker. */
function openScriptHooks(project: Project, { closing, secrets }: Opening) {
  const open = new Map<string, HookProcess>()
  const processOf = async (hook: ScriptHook, pipeline: string) => {
    const { script, args, secrets: named } = hook
    const id = JSON.stringify([script, args, named, pipeline])
    const known = open.get(id)
    if (known) return known
    const { command, first } = commandOf(await pathOf(script, project))
    const opened = openHookProcess({
      ...{ name: script, command, cwd: project.projectDir, args: [...first, ...args] },
      async env() {
        const read = async (reference: string) => Buffer.from(await secrets.read(reference)).toString('utf8')
        const all = await Promise.all(Object.entries(named).map(async ([name, each]) => [name, await read(each)]))
        const { PATH = '', LANG = 'C.UTF-8' } = process.env
        const { environment } = project.environment
        return { PATH, LANG, DAYBREAK_ENV: environment, DAYBREAK_PIPELINE: pipeline, ...Object.fromEntries(all) }
      },
    })
    open.set(id, opened)
    await closing.keep(Promise.resolve(opened))
    return opened
  }
  const ask = async ({ hook, event, key }: HookCall<ScriptHook>, more: object, signal?: AbortSignal) => {
    const process = await processOf(hook, event.pipeline)
    return await process.ask({ ...event, key, ...more }, toMilliseconds(hook.timeout), signal)
  }
  return {
    async tell(call: HookCall<ScriptHook>, signal?: AbortSignal): Promise<void> {
      const { error } = await ask(call, {}, signal)
      if (error === undefined || error === null) return
      throw new DaybreakError('HOOK_FAILED', `the script ${call.hook.script} failed: ${String(error)}`)
    },
    rows: (async (call, rows, signal) =>
      answersOf(await ask(call, { rows }, signal), {
        script: call.hook.script,
        rows,
      })) satisfies PipelineHookCaller['rows'],
    async hashOf({ script, args }: ScriptHook): Promise<string> {
      const bytes = await readFile(await pathOf(script, project))
      return createHash('sha256')
        .update(JSON.stringify([script, args]))
        .update(bytes)
        .digest('hex')
    },
  }
}

/** The file of a script. @throws {DaybreakError} HOOK_REFUSED for one that is no file of the project, or may not run here. */
async function pathOf(script: string, { projectDir, environment }: Project): Promise<string> {
  if (!mayRunScripts(environment)) {
    const message = `the environment ${environment.environment} runs no scripts, and ${script} is one; expected \`hooks: { scripts: allow }\` there`
    throw new DaybreakError('HOOK_REFUSED', message)
  }
  const root = await realpath(projectDir)
  const path = await realpath(join(root, script)).catch(() => null)
  if (path === null) throw new DaybreakError('CONFIG_MISSING', `there is no script ${script} in the project`)
  if (path.startsWith(`${root}${sep}`)) return path
  throw new DaybreakError('HOOK_REFUSED', `the script ${script} is a link out of the project; expected a file of it`)
}

/** The program that runs a script, and its first arguments. */
function commandOf(path: string): { readonly command: string; readonly first: readonly string[] } {
  const ending = extname(path)
  if (['.ts', '.mts', '.js', '.mjs', '.cjs'].includes(ending)) return { command: process.execPath, first: [path] }
  return ending === '.py' ? { command: 'python3', first: ['-u', path] } : { command: path, first: [] }
}
