import { as, is, like, listOf, type Settings } from './expect.ts'
import { textAt } from './resource.ts'

const NETWORK = '${google_compute_network.network.id}'
const PRIVATE = ['199.36.153.8', '199.36.153.9', '199.36.153.10', '199.36.153.11']
const RESTRICTED = ['199.36.153.4', '199.36.153.5', '199.36.153.6', '199.36.153.7']

/** Settings of the stack network. */
export const NETWORK_SETTINGS: Settings = {
  google_compute_network: { auto_create_subnetworks: is(false) },
  google_compute_subnetwork: {
    network: is(NETWORK),
    ip_cidr_range: is('10.10.0.0/24'),
    private_ip_google_access: is(true),
    log_config: is({ aggregation_interval: 'INTERVAL_10_MIN', flow_sampling: 0.1, metadata: 'EXCLUDE_ALL_METADATA' }),
  },
  // It is on the allow-lists of others.
  google_compute_address: {
    address_type: is('EXTERNAL'),
    network_tier: is('PREMIUM'),
    'lifecycle.prevent_destroy': is(true),
  },
  google_compute_router: { network: is(NETWORK) },
  google_compute_router_nat: {
    router: is('${google_compute_router.router.name}'),
    nat_ip_allocate_option: is('MANUAL_ONLY'),
    nat_ips: is(['${google_compute_address.egress-address.self_link}']),
    source_subnetwork_ip_ranges_to_nat: is('LIST_OF_SUBNETWORKS'),
    subnetwork: is([{ name: '${google_compute_subnetwork.egress.id}', source_ip_ranges_to_nat: ['ALL_IP_RANGES'] }]),
    log_config: is({ enable: true, filter: 'ERRORS_ONLY' }),
  },
  google_compute_firewall: {
    network: is(NETWORK),
    direction: is('EGRESS'),
    priority: as((_, resource) => (textAt(resource, 'name') === 'daybreak-deny-all' ? 65_000 : 1000)),
    'log_config.metadata': is('EXCLUDE_ALL_METADATA'),
    // A rule without tags is for every service.
    target_tags: as((_, { id }) => {
      if (id === 'allow-notify') return ['daybreak-notify']
      return id === 'allow-iap-keys' ? ['daybreak-api'] : undefined
    }),
  },
  'google_compute_firewall.deny-all': {
    deny: is([{ protocol: 'all' }]),
    allow: as(() => undefined),
    destination_ranges: is(['0.0.0.0/0']),
  },
  'google_compute_firewall.allow-sftp': {
    allow: as(({ sources }) => {
      const ports = Object.values(sources).flatMap((source) => (source.kind === 'sftp' ? [String(source.port)] : []))
      return [{ ports: [...new Set(ports)], protocol: 'tcp' }]
    }),
    destination_ranges: as(({ infra }) => [...infra.sftpRanges]),
  },
  'google_compute_firewall.allow-notify': {
    allow: as(({ project, infra }) => {
      const kinds = new Set(Object.values(project.notify?.channels ?? {}).map(({ kind }) => kind))
      const ports = [
        ...(project.notify?.heartbeat || [...kinds].some((kind) => kind !== 'email') ? ['443'] : []),
        ...(kinds.has('email') ? [String(infra.smtpPort)] : []),
      ]
      return [{ ports: [...new Set(ports)], protocol: 'tcp' }]
    }),
    destination_ranges: is(['0.0.0.0/0']),
  },
  'google_compute_firewall.allow-apis': {
    allow: is([{ ports: ['443'], protocol: 'tcp' }]),
    destination_ranges: as(({ infra }) => [infra.accessPolicy ? '199.36.153.4/30' : '199.36.153.8/30']),
  },
  'google_compute_firewall.allow-iap-keys': {
    allow: is([{ ports: ['443'], protocol: 'tcp' }]),
    destination_ranges: is(['199.36.153.8/30']),
  },
  'google_compute_firewall.allow-ledger': {
    allow: is([{ ports: ['3307'], protocol: 'tcp' }]),
    destination_ranges: is(['10.20.0.0/24']),
  },
  google_dns_managed_zone: {
    // The keys of Identity-Aware Proxy, and nothing else of that domain.
    dns_name: as((_, { id }) => (id === 'iap-keys' ? 'www.gstatic.com.' : 'googleapis.com.')),
    visibility: is('private'),
    private_visibility_config: is({ networks: [{ network_url: NETWORK }] }),
  },
  google_dns_record_set: {
    managed_zone: as(
      (_, { id }) => `\${google_dns_managed_zone.${id.startsWith('iap-keys') ? 'iap-keys' : 'apis'}.name}`,
    ),
  },
  'google_dns_record_set.iap-keys-addresses': { type: is('A'), rrdatas: is(PRIVATE) },
  'google_dns_record_set.apis-addresses': {
    type: is('A'),
    rrdatas: as(({ infra }) => (infra.accessPolicy ? RESTRICTED : PRIVATE)),
  },
  'google_dns_record_set.apis-all': {
    type: is('CNAME'),
    rrdatas: as(({ infra }) => [infra.accessPolicy ? 'restricted.googleapis.com.' : 'private.googleapis.com.']),
  },
  google_compute_global_address: {
    network: is(NETWORK),
    purpose: is('VPC_PEERING'),
    address_type: is('INTERNAL'),
    address: is('10.20.0.0'),
    prefix_length: is(24),
  },
  google_service_networking_connection: {
    network: is(NETWORK),
    reserved_peering_ranges: listOf(['${google_compute_global_address.ledger-range.name}']),
    deletion_policy: like(/^ABANDON$/),
  },
}
