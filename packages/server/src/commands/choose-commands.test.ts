import { assert, constantFrom, array, integer, property, record, boolean, option } from 'fast-check'
import { expect, it } from 'vitest'
import { COMMANDS_AT_ONCE, type WaitingCommand, chooseCommands } from './choose-commands.ts'

const NOW = 1000

/** Any pile that can wait for a device: each sent command has a number of its own. */
const piles = array(
  record({
    state: constantFrom('queued' as const, 'sent' as const),
    notBefore: integer({ min: 0, max: 2000 }),
    life: integer({ min: 1, max: 2000 }),
    retryAfter: option(integer({ min: 0, max: 2000 })),
    isHeld: boolean(),
  }),
  { maxLength: 16 },
).map((rows) =>
  rows.map(({ state, notBefore, life, retryAfter, isHeld }, index): WaitingCommand => ({
    commandId: String(index),
    place: index,
    state,
    notBefore,
    notAfter: notBefore + life,
    retryAfter: state === 'sent' ? null : retryAfter,
    number: state === 'sent' ? index + 1 : null,
    sentNumber: state === 'sent' ? index + 1 : null,
    maintenanceWindow: null,
    isHeld,
  })),
)

it('serves at most four commands, each in its time, none that is held and none twice', () => {
  assert(
    property(piles, integer({ min: 0, max: 20 }), (waiting, highest) => {
      const { again, fresh } = chooseCommands(waiting, { highest, now: NOW, timeZone: undefined })
      const chosen = [...again, ...fresh]
      expect(chosen.length).toBeLessThanOrEqual(COMMANDS_AT_ONCE)
      expect(new Set(chosen.map(({ commandId }) => commandId)).size).toBe(chosen.length)
      for (const { notBefore, notAfter } of chosen) {
        expect(notBefore).toBeLessThanOrEqual(NOW)
        expect(notAfter).toBeGreaterThan(NOW)
      }
      for (const { isHeld, retryAfter } of fresh) {
        expect(isHeld).toBe(false)
        expect(retryAfter ?? 0).toBeLessThanOrEqual(NOW)
      }
    }),
  )
})

it('serves no new command before one that did not arrive', () => {
  assert(
    property(piles, integer({ min: 0, max: 20 }), (waiting, highest) => {
      const { again, fresh } = chooseCommands(waiting, { highest, now: NOW, timeZone: undefined })
      const lost = waiting.filter(
        ({ state, sentNumber, notBefore, notAfter }) =>
          state === 'sent' && (sentNumber ?? 0) > highest && notBefore <= NOW && notAfter > NOW,
      )
      const isOut = lost.some((command) => !again.includes(command))
      expect(isOut && fresh.length > 0).toBe(false)
      const numbers = again.map(({ sentNumber }) => sentNumber ?? 0)
      expect(numbers).toEqual(numbers.toSorted((a, b) => a - b))
    }),
  )
})

it('serves every command to a device that reports what it got', () => {
  assert(
    property(piles, (waiting) => {
      let left: readonly WaitingCommand[] = waiting
      let isMore = true
      for (let round = 0; isMore; round++) {
        expect(round).toBeLessThan(10)
        const { again, fresh, more } = chooseCommands(left, {
          highest: 0,
          now: NOW,
          timeZone: undefined,
        })
        left = left.filter((command) => !again.includes(command) && !fresh.includes(command))
        isMore = more
      }
      const servable = left.filter(
        ({ state, notBefore, notAfter, retryAfter, isHeld }) =>
          notBefore <= NOW &&
          notAfter > NOW &&
          (state === 'sent' || (!isHeld && (retryAfter ?? 0) <= NOW)),
      )
      expect(servable).toEqual([])
    }),
  )
})
