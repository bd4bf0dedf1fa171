import { runDemo } from './demo/demo.ts'

process.exitCode = await runDemo(process.stdout, process.env)
