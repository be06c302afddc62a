import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DAY_MS, HOUR_MS } from '@sanad/protocol/text/durations'
import { planRotation } from './plan-rotation.ts'

const ISSUED = Date.parse('2027-03-10T12:00:00Z')
const POLICY = { rotationDays: 30, overlapDays: 10, rotationWindowHours: 48 }
const CERTIFICATE = { issuedAt: ISSUED, notAfter: ISSUED + 40 * DAY_MS }

const facts = fc.record(
  {
    // A provider certificate may cut a life short; issuance refuses less than an hour.
    certificate: fc
      .integer({ min: HOUR_MS, max: 455 * DAY_MS })
      .map((life) => ({ issuedAt: ISSUED, notAfter: ISSUED + life })),
    policy: fc.record({
      rotationDays: fc.integer({ min: 1, max: 365 }),
      overlapDays: fc.integer({ min: 1, max: 90 }),
      rotationWindowHours: fc.integer({ min: 1, max: 720 }),
    }),
    order: fc
      .record({
        start: fc.integer({ min: -400 * DAY_MS, max: 400 * DAY_MS }),
        length: fc.integer({ min: 1, max: 30 * DAY_MS }),
      })
      .map(({ start, length }) => ({ start: ISSUED + start, end: ISSUED + start + length })),
    renewedIssuerUntil: fc.integer({ min: 0, max: 400 * DAY_MS }).map((after) => ISSUED + after),
  },
  { requiredKeys: ['certificate', 'policy'] },
)

describe('the window in which a key rotates', () => {
  it('always begins a window before its end, and ends it with the certificate at the latest', () => {
    fc.assert(
      fc.property(facts, (some) => {
        const { start, end, reason } = planRotation(some)
        expect(start).toBeLessThan(end)
        expect(end).toBeLessThanOrEqual(some.certificate.notAfter)
        if (reason !== 'ordered') expect(start).toBeGreaterThanOrEqual(some.certificate.issuedAt)
      }),
      { numRuns: 2000 },
    )
  })

  it('never lets an order postpone a rotation', () => {
    fc.assert(
      fc.property(facts, ({ order, ...rest }) => {
        const scheduled = planRotation(rest)
        const { end } = planRotation({ ...rest, ...(order !== undefined && { order }) })
        expect(end).toBeLessThanOrEqual(scheduled.end)
      }),
    )
  })

  it('ends the rotation window with the rotation period', () => {
    expect(planRotation({ certificate: CERTIFICATE, policy: POLICY })).toEqual({
      start: ISSUED + 28 * DAY_MS,
      end: ISSUED + 30 * DAY_MS,
      reason: 'scheduled',
    })
  })

  it('ends the window at two thirds of a shortened certificate’s life, and says why', () => {
    const certificate = { issuedAt: ISSUED, notAfter: ISSUED + 15 * DAY_MS }
    const plan = planRotation({ certificate, policy: POLICY })
    expect(plan).toMatchObject({ end: ISSUED + 10 * DAY_MS, reason: 'certificate-ending' })
    const renewedIssuerUntil = ISSUED + 400 * DAY_MS
    const renewed = planRotation({ certificate, policy: POLICY, renewedIssuerUntil })
    expect(renewed).toEqual({ ...plan, reason: 'issuer-renewed' })
  })

  it('uses an operator’s window where it ends sooner', () => {
    const order = { start: ISSUED + DAY_MS, end: ISSUED + 2 * DAY_MS }
    expect(planRotation({ certificate: CERTIFICATE, policy: POLICY, order })).toEqual({
      ...order,
      reason: 'ordered',
    })
    const late = { start: ISSUED + DAY_MS, end: ISSUED + 31 * DAY_MS }
    expect(planRotation({ certificate: CERTIFICATE, policy: POLICY, order: late }).reason).toBe(
      'scheduled',
    )
  })
})
