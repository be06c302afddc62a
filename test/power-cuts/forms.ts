import type { Level } from '../../packages/protocol/src/domain/device-kinds.ts'

/** Where a device keeps its key, and how its SBI gets it. */
export const FORMS = ['L0 PEM', 'L0 PKCS#12', 'L1 chip'] as const
export type Form = (typeof FORMS)[number]

export const levelOf = (form: Form): Level => (form === 'L1 chip' ? 'L1' : 'L0')
