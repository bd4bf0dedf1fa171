import { loadContract, loadProject } from '../../functions/config/project.ts'
import type { Contract, CrossCheck } from '../../functions/contract/contract.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import type { Args } from '../args.ts'
import type { Call } from '../command.ts'
import { PIPELINE_FLAG } from '../scope.ts'
import { readPath } from '../values.ts'

/** Names the contracts that a command is about, for `findContracts`. */
export const CONTRACTS_ARGS = {
  contracts: {
    type: 'positional',
    many: true,
    required: false,
    description: 'Streams of the project, or files; every stream of the pipeline if absent.',
  },
  ...PIPELINE_FLAG,
} as const satisfies Args

/** The contract that a command names: anything with a slash or an ending is a file, a bare name a stream of the project. */
export async function findContract(
  { context, options }: Pick<Call, 'context' | 'options'>,
  name: string,
): Promise<Contract> {
  if (isFile(name)) return loadContract(readPath('CONTRACT', name, context.cwd), context.env)
  const { projectDir, environment } = options
  const { contracts } = await loadProject({ projectDir, environment, env: context.env })
  return streamOf(new Map([...contracts.values()].flatMap((each) => [...each])), name)
}

/** Anything with a slash or an ending is a file. */
const isFile = (name: string): boolean => /[/\\]|\.ya?ml$/.test(name)

/** Contracts that a command is about. */
interface FoundContracts {
  /** Pipeline that they belong to; `toast` for files, which do not say. */
  readonly pipeline: string
  readonly contracts: readonly Contract[]
  /** Every contract of the pipeline, by stream; of files alone those that are named. */
  readonly streams: ReadonlyMap<string, Contract>
  /** Checks of the pipeline over several streams; none for files. */
  readonly checks: readonly CrossCheck[]
}

interface Wanted {
  readonly contracts: readonly string[]
  readonly pipeline: string | undefined
}

/** The contracts of one pipeline that a command names, or all of them. */
export async function findContracts(call: Pick<Call, 'context' | 'options'>, wanted: Wanted): Promise<FoundContracts> {
  const files = wanted.contracts.filter(isFile)
  if (files.length > 0 && files.length === wanted.contracts.length) {
    const contracts = await Promise.all(files.map((name) => findContract(call, name)))
    const streams = new Map(contracts.map((contract) => [contract.stream, contract]))
    return { pipeline: wanted.pipeline ?? 'toast', contracts, streams, checks: [] }
  }
  const { projectDir, environment } = call.options
  const project = await loadProject({ projectDir, environment, env: call.context.env })
  const pipeline = pipelineOf([...project.contracts.keys()], wanted.pipeline)
  const streams = project.contracts.get(pipeline) ?? new Map<string, Contract>()
  const names = wanted.contracts.length === 0 ? [...streams.keys()] : wanted.contracts
  const contracts = names.map(async (name) => (isFile(name) ? await findContract(call, name) : streamOf(streams, name)))
  const checks = project.pipelines.get(pipeline)?.checks ?? []
  return { pipeline, contracts: await Promise.all(contracts), streams, checks }
}

function pipelineOf(pipelines: readonly string[], wanted: string | undefined): string {
  const name = wanted ?? (pipelines.length === 1 ? pipelines[0] : undefined)
  if (name !== undefined && pipelines.includes(name)) return name
  const message =
    name === undefined
      ? `--pipeline is missing: the project has ${pipelines.join(', ')}`
      : `There is no pipeline "${name}".${didYouMean(name, pipelines)}`
  throw new DaybreakError('USAGE_INVALID', message)
}

function streamOf(streams: ReadonlyMap<string, Contract>, name: string): Contract {
  const contract = streams.get(name)
  if (contract) return contract
  throw new DaybreakError('USAGE_INVALID', `There is no stream "${name}".${didYouMean(name, streams.keys())}`)
}
