import { loadContract, loadProject } from '../../functions/config/project.ts'
import type { Contract } from '../../functions/contract/contract.ts'
import { DaybreakError } from '../../functions/errors.ts'
import { didYouMean } from '../../functions/lib/did-you-mean.ts'
import type { Call } from '../command.ts'
import { readPath } from '../values.ts'

/** The contract that a command names: anything with a slash or an ending is a file, a bare name a stream of the project. */
export async function findContract(
  { context, options }: Pick<Call, 'context' | 'options'>,
  name: string,
): Promise<Contract> {
  if (/[/\\]|\.ya?ml$/.test(name)) return loadContract(readPath('CONTRACT', name, context.cwd), context.env)
  const { projectDir, environment } = options
  const { contracts } = await loadProject({ projectDir, environment, env: context.env })
  const streams = new Map([...contracts.values()].flatMap((each) => [...each]))
  const contract = streams.get(name)
  if (contract) return contract
  throw new DaybreakError('USAGE_INVALID', `There is no stream "${name}".${didYouMean(name, streams.keys())}`)
}
