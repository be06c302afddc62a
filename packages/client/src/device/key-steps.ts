import { SanadError } from '@sanad/protocol/text/problems'
import { parseCertificate } from '@sanad/protocol/asn1/x509'
import type { DeviceKeyStore } from '../key-stores/device-key-store.ts'
import { type DeviceState, doom, listNamedKeys, without } from '../state/device-state.ts'

/**
 * The steps that work on the key store. Each does its work and gives the state to be written after it; each may
 * be repeated, because the power may go between the two.
 */

/** The first certificate of a device, or the same again. */
export async function installCertificate(
  state: DeviceState,
  keys: DeviceKeyStore,
): Promise<DeviceState> {
  const { key, certificates } = state
  if (key === undefined) throw new SanadError('client.state-damaged', 'no key')
  await keys.installCertificate(key.keyId, decode(certificates))
  return { ...state, progress: 'registered' }
}

/**
 * A pending key that no state names was made when the power went: no message ever carried it, so it goes. One
 * that a message carried is named by the state before that message is made.
 */
export async function makeSuccessor(
  state: DeviceState,
  keys: DeviceKeyStore,
): Promise<DeviceState> {
  const named = new Set(listNamedKeys(state))
  for (const held of await keys.list())
    if (held.state === 'pending' && !named.has(held.keyId)) await keys.destroyKey(held.keyId)
  const { keyId, spki } = await keys.generateKey()
  return {
    ...state,
    successor: { keyId, spki: Buffer.from(spki).toString('base64'), stage: 'key-made' },
  }
}

/** The key store turns from one key to the other in one step; the old one stays until the server has seen the new. */
export async function installSuccessor(
  state: DeviceState,
  keys: DeviceKeyStore,
): Promise<DeviceState> {
  const { key, successor, superseded } = state
  if (key === undefined || successor?.certificates === undefined)
    throw new SanadError('client.state-damaged', 'no successor')
  const { keyId, spki, certificates } = successor
  await keys.installCertificate(keyId, decode(certificates))
  const rest = without(
    state,
    ...(['successor', 'rotation', 'recovery', 'reclaim', 'unrecognised'] as const),
    // Due at once: the server learns by it that the new key works.
    'nextCheckInAt',
  )
  return {
    ...(superseded === undefined ? rest : doom(rest, superseded)),
    key: { keyId, spki },
    certificates,
    certificateNotAfter: endOf(certificates),
    superseded: key.keyId,
  }
}

export async function destroyDoomed(
  state: DeviceState,
  keys: DeviceKeyStore,
): Promise<DeviceState> {
  for (const keyId of state.doomed ?? []) await keys.destroyKey(keyId)
  return without(state, 'doomed')
}

/** MDS 0.9.5 › Management Server Functionalities and Interactions, 4: de-registered, so the device's keys go. */
export async function destroyKeys(state: DeviceState, keys: DeviceKeyStore): Promise<DeviceState> {
  for (const keyId of listNamedKeys(state)) await keys.destroyKey(keyId)
  const rest = without(state, 'key', 'successor', 'superseded', 'doomed', 'certificates')
  return { ...without(rest, 'certificateNotAfter'), progress: 'identified' }
}

/** End of the device's own certificate, milliseconds since the epoch. */
export function endOf([leaf = '']: readonly string[]): number {
  return parseCertificate(Buffer.from(leaf, 'base64')).notAfter
}

const decode = (certificates: readonly string[] = []): Uint8Array[] =>
  certificates.map((text) => Buffer.from(text, 'base64'))
