import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { deviceSubject } from '@sanad/protocol/domain/digital-id'
import type { ClockResetView } from '@sanad/protocol/operator-api/clock-resets'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { SanadError } from '@sanad/protocol/text/problems'
import { openServerStatement } from '@sanad/protocol/wire/envelope/server-statement'
import { describe, expect, it } from 'vitest'
import { verifyReceiptsFile } from '../../../client/src/agent/receipts-command.ts'
import { HttpsLink } from '../../../client/src/server-link/https-link.ts'
import { folder, identity, openClient, order, server, untrusted } from '../../test/reset-clocks.ts'
import { SERVER_ID } from '../../test/test-door.ts'

/** A client that was led a year ahead, over real TLS, and the operator who brings it back. */

const readFloorFile = () => readFile(join(folder, 'floor'), 'utf8')

describe('a client whose floor is in the future', () => {
  it.each([
    ['an hour', 3_600_000],
    ['a year', 366 * DAY_MS],
    ['beyond 2038', 20 * 366 * DAY_MS],
  ])(
    'brings a client that is ahead by %s back by an order, and not without one',
    async (_, ahead) => {
      const { client, clock, events } = await openClient({ ahead })
      const before = await readFloorFile()
      await expect(client.synchronise()).rejects.toBeInstanceOf(SanadError)
      expect(clock.isSet).toBe(false)
      expect(await readFloorFile()).toBe(before)

      const reply = await order()
      expect(reply.statusCode, reply.body).toBe(201)
      await client.synchronise()
      expect(Math.abs(clock.now() - server.now())).toBeLessThan(5_000)
      expect(events.map(({ kind }) => kind)).toEqual(['found', 'reset'])

      // On disk: the next start knows the true time and the number.
      const again = await openClient({})
      expect(Math.abs(again.floor.value - server.now())).toBeLessThan(10_000)
      expect(again.floor.lastResetOf(deviceSubject(identity))).toBe(
        reply.json<ClockResetView>().number,
      )
      await again.client.synchronise()
      const root = join(folder, 'root.pem')
      await writeFile(root, server.trust.rootPem)
      const said: string[] = []
      const file = join(folder, 'receipts')
      const code = await verifyReceiptsFile({ file, root, asJson: false }, (text) =>
        said.push(text),
      )
      expect([code, said.at(-1)]).toEqual([
        0,
        'proven: 2 receipts, 1 resets, 0 no longer kept, 0 lines that do not hold\n',
      ])
    },
  )

  it('obeys a clock reset once', async () => {
    await order()
    const first = await openClient({ ahead: 366 * DAY_MS })
    await first.client.synchronise()
    const second = await openClient({ ahead: 366 * DAY_MS })
    const before = await readFloorFile()
    await expect(second.client.synchronise()).rejects.toBeInstanceOf(SanadError)
    expect(second.events).toEqual([{ kind: 'refused', subject: deviceSubject(identity) }])
    expect(await readFloorFile()).toBe(before)
    await order()
    await second.client.synchronise()
    expect(second.clock.isSet).toBe(true)
  })

  it('ignores a clock reset with a lower number than one it took', async () => {
    await order()
    const { client, clock } = await openClient({ ahead: 366 * DAY_MS, highestNumber: 1_000 })
    await expect(client.synchronise()).rejects.toBeInstanceOf(SanadError)
    expect(clock.isSet).toBe(false)
  })

  it('ignores a clock reset for another device', async () => {
    await order()
    const of = { ...identity, serialNo: 'ANOTHER' }
    const { client, clock } = await openClient({ ahead: 366 * DAY_MS, of })
    const before = await readFloorFile()
    await expect(client.synchronise()).rejects.toBeInstanceOf(SanadError)
    expect([clock.isSet, await readFloorFile()]).toEqual([false, before])
  })

  it('gets no clock reset from a server that does not trust its own clock', async () => {
    await order()
    server.clockRadius = untrusted
    const { client, clock } = await openClient({ ahead: 366 * DAY_MS })
    const before = await readFloorFile()
    await expect(client.synchronise()).rejects.toMatchObject({ code: 'time.not-trusted' })
    expect([clock.isSet, await readFloorFile()]).toEqual([false, before])
  })

  it('gets no clock reset after a day', async () => {
    await order()
    await server.advanceDays(25 / 24)
    const subject = encodeURIComponent(deviceSubject(identity))
    expect(subject).toContain('RESET')
    await expect(server.door.resets.find(deviceSubject(identity), 'current')).rejects.toMatchObject(
      {
        code: 'request.not-found',
      },
    )
  })
})

describe('a statement while the server’s clock is not trusted', () => {
  it('states key and name without a time, and a client that knows the time continues', async () => {
    const { client, clock, floor } = await openClient({})
    await client.synchronise()
    const known = floor.value
    server.clockRadius = untrusted
    await client.measure()
    expect(clock.isSet).toBe(true)
    expect(floor.value).toBe(known)

    const nonce = 'B'.repeat(43)
    const text = await new HttpsLink({
      url: new URL(`https://127.0.0.1:${server.door.port}`),
      roots: [server.trust.root.certificate],
      clock,
    }).get(`/device/v1/server?nonce=${nonce}`)
    const managementRoots = [server.trust.root.certificate]
    const expected = { managementRoots, nonce, floor: known, now: clock.now() }
    expect(openServerStatement(text.text, expected)).toMatchObject({ iss: SERVER_ID, time: null })
  })

  it('gives no time to a client that does not know it', async () => {
    server.clockRadius = untrusted
    const { client, clock } = await openClient({})
    const before = await readFloorFile()
    await expect(client.synchronise()).rejects.toMatchObject({ code: 'time.not-trusted' })
    expect([clock.isSet, await readFloorFile()]).toEqual([false, before])
  })
})
