import type { EventType } from '@sanad/protocol/events'

export const EVENT_GROUPS = [
  'devices',
  'registrations',
  'certificates',
  'models',
  'imports',
  'people',
  'server',
] as const
export type EventGroup = (typeof EVENT_GROUPS)[number]

/** Total, so that a new event belongs somewhere before this compiles. */
const GROUP_OF: Record<EventType, EventGroup> = {
  'device.approved': 'devices',
  'device.reapproved': 'devices',
  'device.suspended': 'devices',
  'device.resumed': 'devices',
  'device.blocked': 'devices',
  'device.deregistered': 'devices',
  'device.list-exported': 'devices',
  'device.first-check-in': 'devices',
  'device.status-changed': 'devices',
  'device.message-refused': 'devices',
  'device.registered': 'registrations',
  'device.registration-refused': 'registrations',
  'device.claim-quarantined': 'registrations',
  'device.approval-requested': 'registrations',
  'device.approval-decided': 'registrations',
  'certificate.issued': 'certificates',
  'certificate.issuance-abandoned': 'certificates',
  'certificate.revoked': 'certificates',
  'provider-certificate.imported': 'certificates',
  'provider-certificate.retired': 'certificates',
  'response-key.certified': 'certificates',
  'tls-key.certified': 'certificates',
  'model.created': 'models',
  'model.retired': 'models',
  'ftm-provider.added': 'models',
  'ftm-provider.retired': 'models',
  'import.confirmed': 'imports',
  'operator.created': 'people',
  'operator.role-changed': 'people',
  'operator.disabled': 'people',
  'operator.password-changed': 'people',
  'operator.signed-in': 'people',
  'operator.signed-out': 'people',
  'operator.sign-in-failed': 'people',
  'ceremony.key-created': 'server',
  'ceremony.completed': 'server',
  'hsm.connected': 'server',
  'hsm.lost': 'server',
  'server.started': 'server',
}

export function typesOf(group: EventGroup): EventType[] {
  return (Object.keys(GROUP_OF) as EventType[]).filter((type) => GROUP_OF[type] === group)
}
