import type { Deployment } from '../deployment.ts'
import type { Synthesized } from '../synth.ts'
import { type Json, type PolicyProblem, valueAt } from './resource.ts'

/** Stacks in the wrong project, with the wrong provider, or with a state that another stack or none keeps. */
export function stateProblems(stacks: readonly Synthesized[], { google, infra }: Deployment): readonly PolicyProblem[] {
  return stacks.flatMap(({ name, json }) => {
    const expected: Readonly<Record<string, Json>> = {
      'terraform.backend.gcs.bucket': infra.stateBucket,
      'terraform.backend.gcs.prefix': `daybreak/${name}`,
      'terraform.required_providers.google.version': '6.50.0',
      'terraform.required_providers.google.source': 'google',
      'provider.google.0.project': google.project,
      'provider.google.0.region': google.region,
      'provider.google.0.billing_project': google.project,
      'provider.google.0.user_project_override': true,
      'provider.google.0.default_labels.application': 'daybreak',
    }
    const whole: Json = { provider: json.provider, terraform: json.terraform }
    return Object.entries(expected)
      .filter(([path, value]) => valueAt(whole, path) !== value)
      .map(([path, value]) => ({ where: name, message: `${path} must be ${JSON.stringify(value)}` }))
  })
}
