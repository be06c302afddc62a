import type { AgreementPublicKey } from '@sanad/protocol/wire/envelope/encryption'
import { sealRequest } from '@sanad/protocol/wire/envelope/request'
import { HOUR_MS } from '@sanad/protocol/text/durations'
import type { DeviceKeys } from '../key-stores/open-device-keys.ts'
import { readReplyKey } from '../server-link/reply-key.ts'
import {
  type DeviceState,
  type PendingRequest,
  type Purge,
  listNamedKeys,
} from '../state/device-state.ts'
import { endOf } from './key-steps.ts'
import { makePurge } from './make-message.ts'

/**
 * The purge certificate: signed while the keys are still there, which are destroyed only when it is on disk, and
 * delivered after that, for as long as it takes.
 */

/** Delay before sending the purge certificate again after a 401. */
const BETWEEN_DELIVERIES_MS = HOUR_MS

/**
 * Over every key of the device, also those that the state does not name. A key with an expired certificate can
 * sign nothing that the server accepts; the client destroys it without a purge certificate, and the state says
 * why.
 */
export async function signPurge(
  state: DeviceState,
  deviceKeys: DeviceKeys,
  server: { readonly serverId: string; readonly now: number },
): Promise<DeviceState> {
  const held = await deviceKeys.keys.list()
  const keyIds = new Set([...listNamedKeys(state), ...held.map(({ keyId }) => keyId)])
  const { certificates = [], certificateNotAfter = endOf(certificates) } = state
  if (server.now > certificateNotAfter)
    return {
      ...state,
      unsignedPurge: 'certificate-over',
      doomed: [...keyIds],
      progress: 'key-discarded',
    }
  return makePurge(state, [...keyIds], { ...deviceKeys, ...server })
}

/** Encrypted again for each delivery, to the key that the server has now. */
export function sealPurge(purge: Purge, recipient: AgreementPublicKey): PendingRequest {
  const { notBefore: _, jws, ...answerable } = purge
  const signed = { ...answerable, jws, replyKey: readReplyKey(purge.replyKey) }
  const { text } = sealRequest({ ...signed, type: 'key-purge' }, recipient)
  return { ...answerable, type: 'key-purge', text }
}

/** Meanwhile the device may be approved and register again. */
export function deferPurge(state: DeviceState, now: number): DeviceState {
  const { purge } = state
  if (purge === undefined) return state
  return { ...state, purge: { ...purge, notBefore: now + BETWEEN_DELIVERIES_MS } }
}
