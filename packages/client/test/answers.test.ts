import { describe, expect, it } from 'vitest'
import { Desk, aDevice, until } from './desk.ts'
import { makeAuthority } from './test-pki.ts'
import type { Mischief } from './test-server.ts'
import { checkedIn, makeSigner } from './server-answers.ts'

const impostor = makeAuthority('Management root')

/** How an answer can be wrong, and what the client calls it. */
const WRONG: [string, string, Mischief][] = [
  [
    'of a server under another root, right in every name',
    'client.wrong-server',
    { answerSigner: makeSigner(impostor) },
  ],
  [
    'to another message',
    'message.not-decryptable',
    { alterRequest: (request) => ({ ...request, mid: 'A'.repeat(22) }) },
  ],
  [
    'with the digital ID of another message',
    'message.not-an-answer-to-this',
    { alterRequest: (request) => ({ ...request, digitalId: `${request.digitalId}A` }) },
  ],
  [
    'to another device',
    'message.wrong-audience',
    { alterRequest: (request) => ({ ...request, sub: `${request.sub}0` }) },
  ],
  ['with a time long past', 'message.time-outside-window', { answerTimeOffset: -3_600_000 }],
  ['with a time to come', 'message.time-outside-window', { answerTimeOffset: 3_600_000 }],
  ['larger than the limit', 'client.answer-too-large', { alterAnswer: () => 'x'.repeat(70_000) }],
  ['that is no JOSE', 'message.not-jose', { alterAnswer: () => 'hello' }],
  [
    'with a field that is not in its schema',
    'message.body-refused',
    { alterBody: (answer) => ({ ...answer, body: { ...answer.body, more: 1 } as never }) },
  ],
  ['of another type', 'message.wrong-type', { alterBody: () => checkedIn() }],
]

describe('An answer', () => {
  it.each(WRONG)(
    'changes nothing after an answer that is wrong, and sends the same message again: %s',
    async (_, code, mischief) => {
      await using desk = await Desk.open()
      const profile = aDevice('slap')
      const device = await desk.plug(profile)
      Object.assign(desk.server.mischief, mischief)
      await desk.startAgent()
      await until(() => desk.log.find((line) => line.code === code))
      const state = desk.readState(profile)
      await until(() => desk.log.filter((line) => line.code === code).length > 1)
      expect(desk.readState(profile) === state).toBe(true)
      expect(new Set(desk.server.messages.map(({ mid }) => mid)).size).toBe(1)
      expect(device.chip?.listKeys()).toMatchObject([{ state: 'pending' }])
      expect(desk.reportOf(profile)?.light).not.toBe('green')

      // The real answer to that very message is still welcome.
      for (const name of Object.keys(desk.server.mischief))
        Reflect.deleteProperty(desk.server.mischief, name)
      await until(() => desk.reportOf(profile)?.light === 'green')
      expect(desk.server.typesSeen().filter((type) => type === 'check-in')).toHaveLength(1)
    },
  )

  it('does not accept a replay of the answer before', async () => {
    await using desk = await Desk.open()
    const profile = aDevice('slap')
    await desk.plug(profile)
    let challengeAnswer: string | undefined
    desk.server.mischief.alterAnswer = (text) => (challengeAnswer ??= text)
    await desk.startAgent()
    await until(() => desk.log.find((line) => line.code === 'message.not-decryptable'))
    expect(desk.reportOf(profile)?.progress).toBe('key-made')
    delete desk.server.mischief.alterAnswer
    await until(() => desk.reportOf(profile)?.light === 'green')
    expect([...desk.server.issued.values()].map((set) => set.size)).toEqual([1])
  })

  it('fetches a lost answer again, and nothing is issued twice', async () => {
    await using desk = await Desk.open()
    const profile = aDevice('face')
    await desk.plug(profile)
    desk.server.mischief.loseAnswers = 3
    await desk.startAgent()
    await until(() => desk.reportOf(profile)?.light === 'green')
    expect([...desk.server.issued.values()].map((set) => set.size)).toEqual([1])
    expect(new Set(desk.server.messages.map(({ mid }) => mid)).size).toBe(3)
  })

  it.each([
    [{ code: 503, retryAfter: '1' }, 'client.server-unreachable'],
    [{ code: 401 }, 'request.not-authentic'],
    [{ code: 500 }, 'client.server-unreachable'],
    [{ code: 302 }, 'client.server-unreachable'],
  ])('treats %j without a signature only as a hint to retry later', async (status, code) => {
    await using desk = await Desk.open()
    const profile = aDevice('slap')
    const device = await desk.plug(profile)
    desk.server.mischief.status = status
    await desk.startAgent()
    await until(() => desk.log.filter((line) => line.code === code).length > 1)
    expect(device.chip?.listKeys()).toMatchObject([{ state: 'pending' }])
    expect(desk.reportOf(profile)).toMatchObject({ progress: 'key-made', light: 'amber' })
    delete desk.server.mischief.status
    await until(() => desk.reportOf(profile)?.light === 'green')
    expect(device.chip?.listKeys()).toMatchObject([{ state: 'active' }])
  })
})
