import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { VerifiedRequest } from '@sanad/protocol/wire/envelope/request'
import { SanadError } from '@sanad/protocol/text/problems'
import { placeInSequence } from './replay.ts'

const NOON = Date.UTC(2026, 10, 24, 12)
const WINDOW = 300_000

const request = (seq: number, mid: string, content: string, at = NOON): VerifiedRequest =>
  ({
    envelope: { seq, mid },
    at,
    signedPayload: Buffer.from(content),
  }) as unknown as VerifiedRequest
const last = (seq: number, mid: string | null, content: string) => ({
  lastSeq: seq,
  lastMid: mid,
  lastPayloadSha256: mid === null ? null : createHash('sha256').update(content).digest(),
  lastMessageAt: mid === null ? null : NOON,
})

describe('placeInSequence', () => {
  it.each([
    ['the next number is new', request(8, 'm2', 'b'), 'new'],
    ['a number further on is new: messages may be lost', request(90, 'm2', 'b'), 'new'],
    ['the last message, whole, is repeated', request(7, 'm1', 'a'), 'repeated'],
  ])('%s', (_name, received, place) => {
    expect(placeInSequence(received, last(7, 'm1', 'a'), WINDOW)).toBe(place)
  })

  it.each([
    ['an older number', request(6, 'm0', 'z'), last(7, 'm1', 'a'), 'message.replayed'],
    [
      'the last number under another name',
      request(7, 'm9', 'a'),
      last(7, 'm1', 'a'),
      'message.sequence-fork',
    ],
    [
      'the last name with other content',
      request(7, 'm1', 'b'),
      last(7, 'm1', 'a'),
      'message.sequence-fork',
    ],
    [
      'an older number that was made clearly later: a copy that was left behind',
      request(6, 'm9', 'z', NOON + WINDOW + 1),
      last(7, 'm1', 'a'),
      'message.sequence-fork',
    ],
    [
      'the number of the registration',
      request(7, 'm1', 'a'),
      last(7, null, ''),
      'message.sequence-fork',
    ],
  ])('refuses a message in sequence: %s', (_name, received, sender, code) => {
    expect(() => placeInSequence(received, sender, WINDOW)).toThrow(
      expect.objectContaining({ code }) as SanadError,
    )
  })

  it('takes every number once, in whatever order messages come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 })), (numbers) => {
        let sender = last(0, null, '')
        const taken: number[] = []
        for (const [i, seq] of numbers.entries()) {
          const mid = `m${i}`
          try {
            if (placeInSequence(request(seq, mid, mid), sender, WINDOW) !== 'new') continue
            taken.push(seq)
            sender = last(seq, mid, mid)
          } catch (error) {
            expect(error).toBeInstanceOf(SanadError)
          }
        }
        expect(taken).toEqual([...new Set(taken)].toSorted((a, b) => a - b))
      }),
    )
  })
})
