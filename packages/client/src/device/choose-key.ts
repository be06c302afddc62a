import { thumbprintOf } from '@sanad/protocol/wire/envelope/certificates'
import { SanadError } from '@sanad/protocol/text/problems'
import { type Certificate, parseCertificate } from '@sanad/protocol/asn1/x509'
import type { Sighting } from '../discovery/sighting.ts'
import type { DeviceKey, DeviceKeyStore } from '../key-stores/device-key-store.ts'
import { type DeviceState, without } from '../state/device-state.ts'

/**
 * The key that a device without a state continues with.
 *
 * A chip brings its key along when the device comes from another machine; then that key is used, and the
 * server says whether it still knows it. Otherwise a new one is made, and what an interrupted run left behind
 * is destroyed first: no message ever named it, because the state would know it.
 */
export async function chooseKey(
  state: DeviceState,
  keys: DeviceKeyStore,
  sighting: Sighting,
): Promise<DeviceState> {
  const held = await keys.list()
  const active = held.find((key) => key.state === 'active')
  if (active !== undefined && keys.level === 'L0')
    throw new SanadError('client.state-damaged', 'a certified key without a state')
  const adopted = active === undefined ? undefined : adoptKey(state, held, active.keyId, sighting)
  if (adopted !== undefined) return adopted
  for (const key of held) if (key.state !== 'active') await keys.destroyKey(key.keyId)
  const { keyId, spki } = await keys.generateKey()
  return {
    ...state,
    progress: 'key-made',
    key: { keyId, spki: Buffer.from(spki).toString('base64') },
  }
}

/**
 * Corrects a state that is behind its key store: the chip was plugged into another machine meanwhile, and its key
 * was rotated there. The chip is right.
 *
 * @returns undefined when the state and the key store agree
 */
export async function reconcileKeys(
  state: DeviceState,
  keys: DeviceKeyStore,
  sighting: Sighting,
): Promise<DeviceState | undefined> {
  if (state.progress !== 'registered') return undefined
  const held = await keys.list()
  const active = held.find((key) => key.state === 'active')
  if (keys.level === 'L1' && active !== undefined && active.keyId !== state.key?.keyId) {
    const { v, identity, level, sequence } = state
    const forgotten = { v, identity, level, sequence, progress: 'identified' } as const
    return adoptKey(forgotten, held, active.keyId, sighting)
  }
  const { successor } = state
  const isLost = successor !== undefined && !held.some(({ keyId }) => keyId === successor.keyId)
  return isLost ? without(state, 'successor', 'challenge') : undefined
}

/** The SBI signs with the chip's active key and shows its certificate: enough to name the key to the server. */
function adoptKey(
  state: DeviceState,
  held: readonly DeviceKey[],
  keyId: string,
  { certificate }: Sighting,
): DeviceState | undefined {
  const shown = certificate && tryParse(certificate)
  if (certificate === undefined || shown === undefined) return undefined
  const { spki, notAfter } = shown
  if (thumbprintOf(spki) !== keyId) return undefined
  const superseded = held.find((key) => key.state === 'superseded')
  return {
    ...state,
    // Perhaps the server has not seen the new key yet.
    ...(superseded !== undefined && { superseded: superseded.keyId }),
    progress: 'registered',
    key: { keyId, spki: Buffer.from(spki).toString('base64') },
    certificates: [Buffer.from(certificate).toString('base64')],
    certificateNotAfter: notAfter,
  }
}

/** An SBI may sign with a certificate of its own making; the client adopts no key by it. */
function tryParse(certificate: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(certificate)
  } catch (error) {
    if (error instanceof SanadError) return undefined
    throw error
  }
}
