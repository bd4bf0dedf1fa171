import { loadProject } from '../../functions/config/project.ts'
import { type CostLine, idleCost, nightlyCost, total } from '../../infra/cost.ts'
import type { Deployment } from '../../infra/deployment.ts'
import { deploymentOf } from '../../infra/deployment-of.ts'
import { type Difference, diffEnvironments, summarise } from '../../infra/diff.ts'
import { customRoleRows, matrixOf } from '../../infra/iam-page.ts'
import { ASSUMED, COUNTED } from '../../infra/night.ts'
import { PRICES } from '../../infra/prices.ts'
import { code, page, table } from './markdown.ts'
import { nightSections } from './night.ts'

const LOCATIONS = [1, 50, 1_000] as const

/** The pages that follow from `infra/` and the environment files of this checkout. */
export async function infraPages(root: string): Promise<readonly (readonly [string, string])[]> {
  const load = async (environment: string) =>
    deploymentOf(await loadProject({ projectDir: root, environment, env: {} }))
  const [dev, staging, prod] = await Promise.all([load('dev'), load('staging'), load('prod')])
  return [
    ['docs/reference/iam.md', iamPage(prod)],
    ['docs/reference/cost.md', costPage([dev, staging, prod])],
    [
      'docs/reference/environments-diff.md',
      diffPage([
        [dev, staging],
        [staging, prod],
      ]),
    ],
  ]
}

/** Every permission, with its reason. A new one is a changed line of this page, for a reviewer to agree with. */
function iamPage(deployment: Deployment): string {
  const intro = `Every permission that anybody has in \`${deployment.environment}\`, and why. The stacks may grant nothing else and nothing less; a new line here is a new permission.`
  const tables = [...matrixOf(deployment)].map(([title, rows]) => {
    const withWho = new Set(rows.map(({ who }) => who)).size > 1
    const heads = [...(withWho ? ['who'] : []), 'role', 'on', 'why']
    const lines = rows.map(({ who, role, on, why, when }) => [
      ...(withWho ? [code(who)] : []),
      ...[code(role), on, when === '' ? why : `${why}; only when ${code(when)}`],
    ])
    return `## ${title}\n\n${rows.length === 0 ? 'Nothing.' : table(heads, lines)}\n`
  })
  const roles = table(
    ['role', 'permissions', 'instead of'],
    customRoleRows().map(([id = '', permissions = '', instead = '']) => [code(id), permissions, instead]),
  )
  return [page('Permissions', intro, 'infra/grants'), ...tables, `## Custom roles\n\n${roles}\n`].join('\n')
}

function costPage(deployments: readonly Deployment[]): string {
  const intro = [
    `What an environment costs in US dollars a month, from the resources it declares and list prices of ${PRICES.region} of ${PRICES.date} (${PRICES.source}).`,
    'Day and night there are the ledger, the address and the NAT gateway; every service scales to nothing. The watch works for about a second of each minute, and that is counted with the nights.',
    `What a night takes was counted on ${COUNTED.date} (below); kept data is counted after a year, with ${Math.round(ASSUMED.rawGib * 1024)} MiB of raw files a restaurant and night. Queries of analysts are not included.`,
  ].join(' ')
  const totals = deployments.map((deployment) => [
    deployment.environment,
    dollars(total(idleCost(deployment))),
    ...LOCATIONS.map(
      (count) => `${dollars(total(nightlyCost(deployment, count)))} (${perNight(deployment, count)} a night)`,
    ),
  ])
  const heads = ['environment', 'idle', ...LOCATIONS.map((count) => `nights of ${count.toLocaleString('en')} add`)]
  return [
    page('Cost', intro, 'infra/cost.ts, infra/night.ts, infra/prices.ts'),
    table(heads, totals),
    '',
    nightSections(LOCATIONS),
    ...deployments.map((deployment) => `## ${deployment.environment}, idle\n\n${linesTable(idleCost(deployment))}\n`),
    ...deployments
      .slice(-1)
      .flatMap((deployment) =>
        LOCATIONS.map(
          (count) =>
            `## ${deployment.environment}, nights of ${count.toLocaleString('en')} locations\n\n${linesTable(nightlyCost(deployment, count))}\n`,
        ),
      ),
  ].join('\n')
}

function linesTable(lines: readonly CostLine[]): string {
  const sum = ['**all**', '', `**${dollars(total(lines))}**`]
  return table(
    ['what', 'basis', 'a month'],
    [...lines.map(({ what, basis, dollars: cost }) => [what, basis, dollars(cost)]), sum],
  )
}

function dollars(amount: number): string {
  return amount > 0 && amount < 0.01 ? 'under $0.01' : `$${amount.toFixed(2)}`
}

function perNight(deployment: Deployment, locations: number): string {
  const night = total(nightlyCost(deployment, locations)) / 30.4
  return night > 0 && night < 0.01 ? 'under $0.01' : `$${night.toFixed(2)}`
}

function diffPage(pairs: readonly (readonly [Deployment, Deployment])[]): string {
  const intro =
    'What differs between environments once project, number and name are taken away: `+` is added, `-` is absent, `~` is another value. `npm run infra:diff -- --env A --to B` prints any pair.'
  const parts = pairs.map(([from, to]) => {
    const lines = summarise(diffEnvironments(from, to)).map(differenceLine)
    return `## ${from.environment} to ${to.environment}\n\n\`\`\`diff\n${lines.join('\n')}\n\`\`\`\n`
  })
  return [page('Environments compared', intro, 'infra and config/environments'), ...parts].join('\n')
}

function differenceLine({ sign, where, from, to }: Difference): string {
  if (sign === '~') return `~ ${where}: ${from} -> ${to}`
  return [`${sign} ${where}`, to || from].filter(Boolean).join(': ')
}
