import { KEY_STATES, type KeyState } from '@sanad/protocol/domain/key-lifecycle'
import type { Health } from '../ui/state-mark.tsx'

const HEALTH = {
  pending: 'unknown',
  active: 'good',
  superseded: 'unknown',
  expired: 'bad',
  revoked: 'bad',
  abandoned: 'unknown',
} as const satisfies Record<string, Health>

type KnownStatus = keyof typeof HEALTH

export function isKnownStatus(status: string): status is KnownStatus {
  return Object.hasOwn(HEALTH, status)
}

export function certificateHealth(status: string): Health {
  return isKnownStatus(status) ? HEALTH[status] : 'unknown'
}

export function isKeyState(status: string): status is KeyState {
  return (KEY_STATES as readonly string[]).includes(status)
}
