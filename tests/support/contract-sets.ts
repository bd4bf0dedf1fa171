import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { FilesPipeline, NightlyPipeline } from '../../functions/config/config.ts'
import { Contract, type CrossCheck } from '../../functions/contract/contract.ts'
import type { ContractSet, SetExposure } from '../../functions/contract/formats/format.ts'
import { inReferenceOrder, referenceChecks } from '../../functions/contract/references.ts'
import { ExposuresConfig } from '../../functions/models/exposure.ts'

interface OfPipeline {
  readonly checks: readonly CrossCheck[]
  readonly exposures: readonly SetExposure[]
}

function setOf(pipeline: string, folder: string, { checks, exposures }: OfPipeline): ContractSet {
  const contracts = readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => Contract.parse(parse(readFileSync(join(folder, file), 'utf8'))))
  const streams = new Map(contracts.map((contract) => [contract.stream, contract]))
  const all = [...referenceChecks(streams), ...checks]
  return { pipeline, contracts: inReferenceOrder(contracts) ?? contracts, streams, checks: all, exposures }
}

const yamlOf = (file: string): unknown => parse(readFileSync(file, 'utf8'))

/** The shipped contracts of restaurants, as an export takes them. */
export const TOAST: ContractSet = setOf('toast', 'config/contracts/toast', {
  checks: NightlyPipeline.parse(yamlOf('config/pipelines/toast.yaml')).checks,
  exposures: [],
})

/** Those of the marketplace, which refer to each other. */
export const OLIST: ContractSet = setOf('olist', 'examples/olist/config/contracts/olist', {
  checks: FilesPipeline.parse(yamlOf('examples/olist/config/pipelines/olist.yaml')).checks,
  exposures: ExposuresConfig.parse(yamlOf('examples/olist/config/models/exposures.yaml')).exposures,
})
