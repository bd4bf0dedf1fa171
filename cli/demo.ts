import { runDemo } from './demo/demo.ts'
import { answerIfReader, programOf } from './program.ts'

await answerIfReader(process)
const ended = new AbortController()
const serveUntil = process.argv.includes('--serve') ? ended.signal : null
if (serveUntil) for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => ended.abort())
const show = { stdout: process.stdout, env: process.env, program: programOf(process) }
process.exitCode = await runDemo(show, { serveUntil })
