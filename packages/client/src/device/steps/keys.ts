import { pause } from '../../base/pause.ts'
import type { DeviceKeyStore } from '../../key-stores/device-key-store.ts'
import type { DeviceState } from '../../state/device-state.ts'
import { chooseKey } from '../choose-key.ts'
import type { KeptDevice, StepWork } from '../kept-device.ts'
import { beginRecovery as recover } from '../rotation-order.ts'

/** The steps that change the key store: what they do there, then the state that says so. */

/** After an installation the SBI may need a moment to read its new certificate. */
const LOOKS_AFTER_INSTALLING = 10
const BETWEEN_LOOKS_MS = 500
/** A reload hook may return at once and its SBI, a Java program, answer ten seconds later; this long it is waited for. */
const LOOKS_WHILE_SILENT = 60

type KeyWork = (state: DeviceState, keys: DeviceKeyStore) => Promise<DeviceState>

export const changing =
  (work: KeyWork): StepWork =>
  async (device) =>
    device.write(await work(device.state, device.keyStore))

export const installing =
  (install: KeyWork): StepWork =>
  async (device, signal) => {
    await device.write(await install(device.state, device.keyStore))
    await awaitCertificate(device, signal)
  }

export const makeKey: StepWork = async (device) => {
  const { sighting } = device.observations
  await device.write(await chooseKey(device.state, device.keyStore, sighting))
}

export const beginRecovery: StepWork = (device) => device.write(recover(device.state))

/** MDS 0.9.5 › Device Info Response: the SBI now signs with the device key. If not, the status tells a technician. */
async function awaitCertificate(device: KeptDevice, signal: AbortSignal): Promise<void> {
  let answers = 0
  for (let look = 0; look < LOOKS_WHILE_SILENT && !signal.aborted; look++) {
    if (await device.observations.look(signal, true)) answers++
    if (device.presentsCertificate || answers >= LOOKS_AFTER_INSTALLING) return
    await pause(BETWEEN_LOOKS_MS, signal)
  }
}
