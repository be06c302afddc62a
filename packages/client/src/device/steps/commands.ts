import type { Effect } from '../../commands/obey-command.ts'
import { obeyHeld } from '../../commands/obey-held.ts'
import type { KeptDevice, StepWork } from '../kept-device.ts'

/** Carries out one command that the device holds. */
export const obeyCommand: StepWork = async (device, signal, step) => {
  const held = device.state.commands?.held.find(({ id }) => 'id' in step && step.id === id)
  if (held === undefined) return
  // Asks the SBI first whether the device is in use.
  if (held.type === 'restart-service') await device.observations.look(signal, true)
  const { now, state } = device
  const effect = effectOf(device, now, signal)
  await obeyHeld(state, held, { effect, now, signal, write: (next) => device.write(next) })
}

function effectOf(device: KeptDevice, now: number, signal: AbortSignal): Effect | undefined {
  const { workshop, askSbi, server } = device.options
  return (
    workshop && {
      workshop,
      askSbi,
      now,
      signal,
      state: device.state,
      keys: device.keyStore,
      isClockSet: () => server.clock.isSet,
      isSbiBusy: device.observations.sighting.deviceStatus === 'Busy',
    }
  )
}
