import type { Decision, Registry } from '../src/registration/facts.ts'
import { type Case, type Change, device, endedL0, endedL1 } from './genuine-claims.ts'

/** Claims of registered devices past the end of their certificate, each with its verdict. */

type Made = (
  promise: string,
  verdict: Decision['verdict'],
  rule: string,
  registry?: Change<Registry>,
) => Case

const recovering: Made = (promise, verdict, rule, registry) =>
  endedL1(promise, verdict, rule, {}, registry)
const recoveringL0: Made = (promise, verdict, rule, registry) =>
  endedL0(promise, verdict, rule, {}, registry)

export const RECOVERIES: readonly Case[] = [
  recovering('recovers a device by the chip on record', 'recover', 'R99-genuine'),
  recovering('refuses to recover what has not ended', 'refuse', 'R22-recovery-expired', {
    recovery: 'not-expired',
  }),
  recovering(
    'refuses a recovery that its policy does not allow',
    'refuse',
    'R23-recovery-allowed',
    {
      recoveryPolicy: 'refused',
    },
  ),
  recovering('refuses a recovery after the grace', 'refuse', 'R24-recovery-grace', {
    recovery: 'past-grace',
  }),
  recovering(
    'quarantines a recovery where no chip is on record',
    'quarantine',
    'R25-recovery-chip-on-record',
    device({ state: 'registered' }),
  ),
  recovering(
    'quarantines a recovery by another chip',
    'quarantine',
    'R14-ftm-certificate-pinned',
    device({ state: 'registered', ftmCertificateSha256: 'c2' }),
  ),
  recovering('quarantines who names another’s certificate', 'quarantine', 'R18-first-claim', {
    recovery: 'of-another',
  }),
  recovering('asks the operator where the policy says so', 'pend', 'R21-operator-approval', {
    recoveryPolicy: 'operator-approval',
  }),
  recovering('recovers an L1 device that the operator approved', 'recover', 'R99-genuine', {
    recoveryPolicy: 'operator-approval',
    approval: 'granted',
  }),
  recoveringL0(
    'asks the operator about an L0 device, whatever the policy',
    'pend',
    'R21-operator-approval',
    {},
  ),
  recoveringL0('recovers an L0 device that the operator approved', 'recover', 'R99-genuine', {
    approval: 'granted',
  }),
  recoveringL0('refuses an L0 device that the operator refused', 'refuse', 'R20-operator-refused', {
    approval: 'refused',
  }),
  recovering('refuses a recovery with a key that was used before', 'refuse', 'R17-key-new', {
    keyUse: 'before',
  }),
  recovering('tells a recovery again when its answer was lost', 'resume', 'R99-genuine', {
    keyUse: 'this-registration',
    recovery: 'of-another',
  }),
  recovering(
    'refuses a suspended device that would recover',
    'refuse',
    'R16-not-suspended',
    device({ state: 'suspended', ftmCertificateSha256: 'c1' }),
  ),
  recovering(
    'registers a device that was approved again, whatever it names',
    'register',
    'R99-genuine',
    device({ state: 'approved', ftmCertificateSha256: 'c1' }),
  ),
  endedL1('refuses to recover a device whose chip was revoked', 'refuse', 'R28-ftm-not-revoked', {
    ftmRevocation: 'revoked',
  }),
  endedL1(
    'refuses to recover a device without a list, where the policy asks for one',
    'refuse',
    'R29-ftm-status-known',
    { ftmRevocation: 'unknown' },
    { revocationPolicy: 'refuse' },
  ),
]
