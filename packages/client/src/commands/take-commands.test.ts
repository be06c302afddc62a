import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type DeviceState, readDeviceState } from '../state/device-state.ts'
import { makeCommandsBody, markReported } from './report-commands.ts'
import type { OpenedCommand } from './open-command.ts'
import { takeCommandsAnswer } from './take-commands.ts'

const NOW = Date.parse('2026-11-24T10:00:00Z')
const START: DeviceState = {
  v: 1,
  identity: {
    serialNo: 'EX1',
    make: 'Example',
    model: 'Slap 442',
    type: 'Finger',
    deviceSubType: 'Slap',
    deviceProvider: 'Example',
    deviceProviderId: 'EXAMPLE',
  },
  level: 'L0',
  progress: 'identified',
  sequence: 0,
}

const IDS = Array.from({ length: 12 }, () => randomUUID())
const opened: fc.Arbitrary<OpenedCommand> = fc.oneof(
  fc.constant<OpenedCommand>({ kind: 'dropped', code: 'command.not-authentic' }),
  fc.record({
    kind: fc.constant('not-understood' as const),
    id: fc.constantFrom(...IDS),
    number: fc.integer({ min: 1, max: 40 }),
  }),
  fc
    .record({ id: fc.constantFrom(...IDS), number: fc.integer({ min: 1, max: 40 }) })
    .chain(({ id, number }) =>
      fc
        .record({ from: fc.integer({ min: -2, max: 2 }), to: fc.integer({ min: -2, max: 2 }) })
        .map(({ from, to }): OpenedCommand => ({
          kind: 'command',
          notBefore: NOW + from * 3_600_000,
          notAfter: NOW + to * 3_600_000,
          command: {
            v: 1,
            id,
            number,
            iss: 's',
            aud: 'd',
            issuedAt: '',
            notBefore: '',
            notAfter: '',
            type: 'collect-information',
            body: {},
          },
        })),
    ),
)

it('never lowers the number, takes none twice, and stays bounded and readable, for any answers', () => {
  fc.assert(
    fc.property(fc.array(fc.array(opened, { maxLength: 4 }), { maxLength: 30 }), (answers) => {
      let state = START
      const taken = new Set<number>()
      for (const [index, answer] of answers.entries()) {
        const mid = `message ${index}`
        // Half of the questions carry what there is to report.
        if (index % 2 === 0) state = markReported(state, makeCommandsBody(state), mid)
        const before = state.commands?.highest ?? 0
        const fresh = new Set(state.commands?.held.map(({ number }) => number))
        state = takeCommandsAnswer(state, { commands: [], more: true }, answer, { mid, now: NOW })
        expect(state.commands?.highest).toBeGreaterThanOrEqual(before)
        for (const { number, stage } of state.commands?.held ?? [])
          if (stage === 'taken' && !fresh.has(number)) {
            expect(number).toBeGreaterThan(before)
            expect(taken.has(number)).toBe(false)
            taken.add(number)
          }
        expect(readDeviceState(JSON.parse(JSON.stringify(state)))).toBeDefined()
      }
    }),
    { numRuns: 300 },
  )
})
