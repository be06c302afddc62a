import type { EventType } from '@sanad/protocol/domain/events'
import type { Health } from '../ui/state-mark.tsx'

const HEALTH: Partial<Record<EventType, Health>> = {
  'device.registered': 'good',
  'device.first-check-in': 'good',
  'device.suspended': 'attention',
  'device.approval-requested': 'attention',
  'device.blocked': 'bad',
  'device.registration-refused': 'bad',
  'device.claim-quarantined': 'bad',
  'device.message-refused': 'attention',
  'device.clone-suspected': 'bad',
  'device.host-changed': 'attention',
  'key.rotated': 'good',
  'key.recovered': 'good',
  'key.purge-confirmed': 'good',
  'key.purge-unconfirmed': 'attention',
  'certificate.issued': 'good',
  'certificate.issuance-abandoned': 'attention',
  'certificate.revoked': 'attention',
  'command.succeeded': 'good',
  'command.failed': 'bad',
  'command.refused': 'attention',
  'command.expired': 'attention',
  'command.leak-removed': 'bad',
  'device.leak-removed': 'bad',
  'device.clock-reset-ordered': 'attention',
  'webhook.disabled': 'bad',
  'campaign.stopped': 'attention',
  'campaign.finished': 'good',
  'operator.sign-in-failed': 'attention',
  'hsm.connected': 'good',
  'hsm.exception-accepted': 'attention',
  'hsm.lost': 'bad',
  'hsm.recovered': 'good',
  'server.leak-removed': 'bad',
}

export function eventHealth(type: EventType): Health | undefined {
  return HEALTH[type]
}
