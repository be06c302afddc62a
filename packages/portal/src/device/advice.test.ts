import { DEVICE_ACTS, type DeviceState, deviceLife } from '@sanad/protocol/domain/device-lifecycle'
import { expect, it } from 'vitest'
import { adviceFor, nextStep } from './advice.ts'

const actionsIn = (state: DeviceState) =>
  DEVICE_ACTS.map((act) => ({ act, isAllowed: deviceLife.allows(state, act), reason: null }))
const stepIn = (state: DeviceState, code: string) => nextStep(adviceFor(code), actionsIn(state))

it('offers what the sentence of a refusal advises, as far as the state allows it', () => {
  expect(stepIn('deregistered', 'registration.device-deregistered')).toEqual({
    act: 'approve',
    next: undefined,
  })
  expect(stepIn('suspended', 'registration.device-suspended')?.act).toBe('resume')
  expect(stepIn('registered', 'registration.suspected-clone')?.act).toBe('block')
})

it('offers the step before it where the state does not, and says what follows', () => {
  for (const code of [
    'registration.device-blocked',
    'registration.already-registered',
    'recovery.grace-over',
  ])
    for (const state of ['blocked', 'registered', 'suspended'] as const)
      expect(stepIn(state, code)).toEqual({ act: 'deregister', next: 'approve' })
})

it('offers nothing that has been done already', () => {
  expect(stepIn('blocked', 'registration.suspected-clone')).toBeUndefined()
  expect(stepIn('registered', 'registration.device-suspended')).toBeUndefined()
})
