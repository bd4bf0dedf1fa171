import { runDemo } from './demo/demo.ts'
import { answerIfReader, programOf } from './program.ts'

await answerIfReader(process)
process.exitCode = await runDemo({ stdout: process.stdout, env: process.env, program: programOf(process) })
