import type { Catalog } from '../api/contract/catalog.ts'
import type { GlossaryConfig } from '../config/glossary-config.ts'
import type { Project } from '../config/project.ts'
import type { Privacy } from '../contract/contract.ts'
import type { CompiledModel } from '../models/compiled.ts'
import type { Exposure } from '../models/exposure.ts'
import type { LineageGraph } from '../models/lineage/graph.ts'

/** A model, and the version that its view shows. */
export interface CatalogModel {
  readonly compiled: CompiledModel
  /** First digits of its fingerprint. */
  readonly fingerprint: string
  /** Fingerprint in the name of its table. */
  readonly table: string
}

/** One table of a catalog, or one exposure. */
export type CatalogEntry = Catalog['entries'][number]

/** Facts that the ledger has of a table. */
export interface TableFacts extends Pick<CatalogEntry, 'state' | 'reason' | 'newestWindow' | 'freshAt' | 'quality'> {
  /** Failures of each check in the newest window; a check that has not run is absent. */
  readonly failed: ReadonlyMap<string, number>
}

/** Names of policy tags in BigQuery, by class of privacy. */
export type PolicyTags = { readonly [Class in Privacy]?: string | undefined }

/** Files of a project that only its catalog reads. */
export interface CatalogFiles {
  readonly exposures: readonly Exposure[]
  readonly glossary: GlossaryConfig['terms']
}

/** Everything that a catalog is made of. */
export interface CatalogSources extends CatalogFiles {
  readonly project: Pick<Project, 'pipelines' | 'contracts'>
  readonly environment: string
  readonly models: ReadonlyMap<string, CatalogModel>
  readonly graph: LineageGraph
  readonly policyTags: PolicyTags
  /** By the ids of lineage. A table that it lacks is not loaded. */
  readonly facts: ReadonlyMap<string, TableFacts>
  /** RFC 3339. */
  readonly at: string
}

/** Facts of a table that the ledger does not know. */
export const NO_FACTS: TableFacts = {
  ...{ state: 'absent', reason: null, newestWindow: null, freshAt: null, quality: 'Nothing is loaded yet.' },
  failed: new Map(),
}
