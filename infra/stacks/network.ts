import { ComputeAddress } from '@cdktf/provider-google/lib/compute-address/index.js'
import { ComputeFirewall } from '@cdktf/provider-google/lib/compute-firewall/index.js'
import { ComputeGlobalAddress } from '@cdktf/provider-google/lib/compute-global-address/index.js'
import { ComputeNetwork } from '@cdktf/provider-google/lib/compute-network/index.js'
import { ComputeRouter } from '@cdktf/provider-google/lib/compute-router/index.js'
import { ComputeRouterNat } from '@cdktf/provider-google/lib/compute-router-nat/index.js'
import { ComputeSubnetwork } from '@cdktf/provider-google/lib/compute-subnetwork/index.js'
import { DnsManagedZone } from '@cdktf/provider-google/lib/dns-managed-zone/index.js'
import { DnsRecordSet } from '@cdktf/provider-google/lib/dns-record-set/index.js'
import { ServiceNetworkingConnection } from '@cdktf/provider-google/lib/service-networking-connection/index.js'
import { type App, TerraformOutput, type TerraformStack } from 'cdktf'
import { type Deployment, ledgerInstance } from '../deployment.ts'
import { API_TAG, IAP_KEYS_HOST, NETWORK, NOTIFY_TAG, SUBNETWORK } from '../names.ts'
import { createStack, resourceId } from '../stack.ts'

/** Addresses at which Google's APIs answer inside a network, without the internet between. */
const PRIVATE_APIS = {
  range: '199.36.153.8/30',
  addresses: ['199.36.153.8', '199.36.153.9', '199.36.153.10', '199.36.153.11'],
}
/** The same for APIs that a service perimeter guards, and no other. */
const RESTRICTED_APIS = {
  range: '199.36.153.4/30',
  addresses: ['199.36.153.4', '199.36.153.5', '199.36.153.6', '199.36.153.7'],
}

/** Where the ledger's instance gets its address from. */
const LEDGER_RANGE = { address: '10.20.0.0', prefixLength: 24 }

/** One way out, with one address that an SFTP server can put on its list, and nothing open but what is needed. */
export function networkStack(app: App, deployment: Deployment): TerraformStack {
  const stack = createStack(app, 'network', deployment)
  const network = new ComputeNetwork(stack, 'network', {
    name: NETWORK,
    autoCreateSubnetworks: false,
    description: 'Egress of Daybreak.',
  })
  declareEgress(stack, network)
  declareFirewall({ stack, network, deployment })
  declareApis({ stack, network, deployment })
  if (deployment.auth) declareIapKeys({ stack, network, deployment })
  if (ledgerInstance(deployment) !== null) declarePeering(stack, network)
  return stack
}

function declareEgress(stack: TerraformStack, network: ComputeNetwork): void {
  const subnetwork = new ComputeSubnetwork(stack, 'egress', {
    name: SUBNETWORK,
    network: network.id,
    // Cloud Run takes four addresses per instance while revisions change: 256 are enough for 44 instances and the jobs.
    ipCidrRange: '10.10.0.0/24',
    privateIpGoogleAccess: true,
    logConfig: { aggregationInterval: 'INTERVAL_10_MIN', flowSampling: 0.1, metadata: 'EXCLUDE_ALL_METADATA' },
  })
  const address = new ComputeAddress(stack, 'egress-address', {
    name: 'daybreak-egress',
    addressType: 'EXTERNAL',
    networkTier: 'PREMIUM',
    description: 'The address that SFTP servers see.',
    lifecycle: { preventDestroy: true },
  })
  const router = new ComputeRouter(stack, 'router', { name: NETWORK, network: network.id })
  new ComputeRouterNat(stack, 'nat', {
    name: NETWORK,
    router: router.name,
    natIpAllocateOption: 'MANUAL_ONLY',
    natIps: [address.selfLink],
    sourceSubnetworkIpRangesToNat: 'LIST_OF_SUBNETWORKS',
    subnetwork: [{ name: subnetwork.id, sourceIpRangesToNat: ['ALL_IP_RANGES'] }],
    logConfig: { enable: true, filter: 'ERRORS_ONLY' },
  })
  new TerraformOutput(stack, 'egress_address', {
    value: address.address,
    description: 'For the allow-list of SFTP servers.',
  })
}

interface Target {
  readonly stack: TerraformStack
  readonly network: ComputeNetwork
  readonly deployment: Deployment
}

function declareFirewall({ stack, network, deployment }: Target): void {
  const { infra, sources } = deployment
  const ports = [
    ...new Set(Object.values(sources).flatMap((source) => (source.kind === 'sftp' ? [String(source.port)] : []))),
  ]
  const egress = { network: network.id, direction: 'EGRESS', logConfig: { metadata: 'EXCLUDE_ALL_METADATA' } }
  new ComputeFirewall(stack, 'deny-all', {
    ...egress,
    name: 'daybreak-deny-all',
    priority: 65_000,
    destinationRanges: ['0.0.0.0/0'],
    deny: [{ protocol: 'all' }],
  })
  if (ports.length > 0) {
    new ComputeFirewall(stack, 'allow-sftp', {
      ...egress,
      name: 'daybreak-allow-sftp',
      priority: 1000,
      destinationRanges: [...infra.sftpRanges],
      allow: [{ protocol: 'tcp', ports }],
    })
  }
  const out = notifyPorts(deployment)
  if (out.length > 0) {
    new ComputeFirewall(stack, 'allow-notify', {
      ...egress,
      name: 'daybreak-allow-notify',
      priority: 1000,
      // Mail servers, Slack and PagerDuty have many addresses; the tag is that of one service.
      destinationRanges: ['0.0.0.0/0'],
      targetTags: [NOTIFY_TAG],
      allow: [{ protocol: 'tcp', ports: [...out] }],
    })
  }
  new ComputeFirewall(stack, 'allow-apis', {
    ...egress,
    name: 'daybreak-allow-apis',
    priority: 1000,
    destinationRanges: [apis(deployment).range],
    allow: [{ protocol: 'tcp', ports: ['443'] }],
  })
  if (ledgerInstance(deployment) === null) return
  new ComputeFirewall(stack, 'allow-ledger', {
    ...egress,
    name: 'daybreak-allow-ledger',
    priority: 1000,
    destinationRanges: [`${LEDGER_RANGE.address}/${LEDGER_RANGE.prefixLength}`],
    allow: [{ protocol: 'tcp', ports: ['3307'] }],
  })
}

/** Ports that the channels of config/notify.yaml need, and the dead man's switch outside; none without them. */
export function notifyPorts({ project, infra }: Deployment): readonly string[] {
  const kinds = Object.values(project.notify?.channels ?? {}).map(({ kind }) => kind)
  const isHeard = project.notify?.heartbeat !== undefined
  const web = isHeard || kinds.some((kind) => kind !== 'email') ? ['443'] : []
  const mail = kinds.includes('email') ? [String(infra.smtpPort)] : []
  return [...new Set([...web, ...mail])]
}

/** Names of Google's APIs lead to addresses inside, so that they need no way out. */
function declareApis({ stack, network, deployment }: Target): void {
  const zone = new DnsManagedZone(stack, 'apis', {
    name: 'daybreak-googleapis',
    dnsName: 'googleapis.com.',
    description: 'Google APIs by their private addresses.',
    visibility: 'private',
    privateVisibilityConfig: { networks: [{ networkUrl: network.id }] },
  })
  const host = deployment.infra.accessPolicy ? 'restricted.googleapis.com.' : 'private.googleapis.com.'
  const record = { managedZone: zone.name, ttl: 300 }
  new DnsRecordSet(stack, resourceId('apis', 'addresses'), {
    ...record,
    name: host,
    type: 'A',
    rrdatas: [...apis(deployment).addresses],
  })
  new DnsRecordSet(stack, resourceId('apis', 'all'), {
    ...record,
    name: '*.googleapis.com.',
    type: 'CNAME',
    rrdatas: [host],
  })
}

/**
 * The keys of Identity-Aware Proxy have a name outside of Google's APIs. It leads to the same addresses; those of a perimeter do not
 * answer for it, so there the API alone may reach the others.
 */
function declareIapKeys({ stack, network, deployment }: Target): void {
  const zone = new DnsManagedZone(stack, 'iap-keys', {
    name: 'daybreak-iap-keys',
    dnsName: IAP_KEYS_HOST,
    description: 'Keys of Identity-Aware Proxy by the private addresses of Google APIs.',
    visibility: 'private',
    privateVisibilityConfig: { networks: [{ networkUrl: network.id }] },
  })
  new DnsRecordSet(stack, resourceId('iap-keys', 'addresses'), {
    ...{ managedZone: zone.name, ttl: 300, name: IAP_KEYS_HOST, type: 'A' },
    rrdatas: [...PRIVATE_APIS.addresses],
  })
  if (apis(deployment) === PRIVATE_APIS) return
  new ComputeFirewall(stack, 'allow-iap-keys', {
    ...{ network: network.id, direction: 'EGRESS', logConfig: { metadata: 'EXCLUDE_ALL_METADATA' } },
    ...{ name: 'daybreak-allow-iap-keys', priority: 1000, targetTags: [API_TAG] },
    destinationRanges: [PRIVATE_APIS.range],
    allow: [{ protocol: 'tcp', ports: ['443'] }],
  })
}

function apis({ infra }: Deployment): typeof PRIVATE_APIS {
  return infra.accessPolicy ? RESTRICTED_APIS : PRIVATE_APIS
}

/** The ledger's instance stands in a network of Google's; this joins the two. */
function declarePeering(stack: TerraformStack, network: ComputeNetwork): void {
  const range = new ComputeGlobalAddress(stack, 'ledger-range', {
    name: 'daybreak-ledger',
    network: network.id,
    purpose: 'VPC_PEERING',
    addressType: 'INTERNAL',
    ...LEDGER_RANGE,
  })
  new ServiceNetworkingConnection(stack, 'ledger-peering', {
    network: network.id,
    service: 'servicenetworking.googleapis.com',
    reservedPeeringRanges: [range.name],
    // Google keeps the peering for days after the last instance; to wait for that would block a destroy.
    deletionPolicy: 'ABANDON',
  })
}
