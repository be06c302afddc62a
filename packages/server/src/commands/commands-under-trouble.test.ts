import { DAY_MS } from '@sanad/protocol/text/durations'
import { SanadError } from '@sanad/protocol/text/problems'
import { describe, expect, it } from 'vitest'
import { ask, commands, order, settle, stateOf } from '../../test/ordered-commands.ts'

describe('rotation and de-registration by command', () => {
  it('orders a rotation by command when the command is sent, and not before', async () => {
    const device = await commands.addDevice()
    await order(device, { type: 'rotate-key', body: { reason: 'policy' } })
    const countOrders = async () =>
      (
        await commands.portal.db.pool.query(
          'select from rotation_order_device where device_id = $1 and outcome is null',
          [device.deviceId],
        )
      ).rowCount
    expect(await countOrders()).toBe(0)
    await device.ask()
    expect(await countOrders()).toBe(1)
    await device.ask()
    const types = (await commands.eventsOf(device.deviceId)).map(({ type }) => type)
    expect(types.filter((type) => type === 'key.rotation-ordered')).toHaveLength(1)
  })

  it('ends the trust in a device when its command to de-register is sent, and succeeds with the purge certificate', async () => {
    const device = await commands.addDevice()
    const commandId = await order(device, { type: 'deregister', body: { reason: 'end-of-life' } })
    const after = await order(device)
    const got = await device.ask()
    expect(got.map(({ id, type }) => [id, type])).toEqual([[commandId, 'deregister']])
    const { rows } = await commands.portal.db.pool.query<{ state: string; status: string }>(
      'select d.state, c.status from device d join device_certificate c using (device_id) where device_id = $1',
      [device.deviceId],
    )
    expect(rows).toEqual([{ state: 'deregistered', status: 'revoked' }])
    expect(await device.send()).toMatchObject({
      type: 'refusal',
      body: { code: 'registration.device-deregistered' },
    })
    await settle()
    expect(await stateOf(commandId)).toBe('sent')
    await commands.portal.db.pool.query(
      `update key_purge set state = 'confirmed', confirmed_at = now(), keys = 1,
        statement = 'x', statement_sha256 = repeat('0', 64) where device_id = $1`,
      [device.deviceId],
    )
    await settle()
    expect(await stateOf(commandId)).toBe('succeeded')
    expect(await stateOf(after)).toBe('queued')
  })
})

describe('several server processes', () => {
  it('gives no number twice and one answer for a device, with several server processes', async () => {
    const device = await commands.addDevice()
    for (let index = 0; index < 4; index++) await order(device)
    const second = commands.openService()
    const message = await device.message({ highest: 0, reports: [] }, 1)
    const answers = await Promise.all([commands.service.take(message), second.take(message)])
    const given = answers.filter((answer) => answer !== undefined)
    expect(given).toHaveLength(1)
    const { rows } = await commands.portal.db.pool.query<{ number: number }>(
      'select number from command where device_id = $1 order by number',
      [device.deviceId],
    )
    expect(rows.map(({ number }) => number)).toEqual([1, 2, 3, 4])
  })

  it('certifies the command key once for several server processes', async () => {
    const [first, second] = [commands.openKeys(), commands.openKeys()]
    const [one, two] = [await first.current(), await second.current()]
    expect(Buffer.from(one.certificate).equals(two.certificate)).toBe(true)
    const { rows } = await commands.portal.db.pool.query('select from command_key_certificate')
    expect(rows).toHaveLength(1)
  })
})

describe('while the HSM is away', () => {
  const makeHsm = () => {
    const { hsm } = commands.trust
    const away = {
      isAway: true,
      signed: 0,
      listKeys: () => hsm.listKeys(),
      certifyCommandKey: (keyId: string, tbs: Uint8Array) => hsm.certifyCommandKey(keyId, tbs),
      signCommand: (keyId: string, input: string) => {
        if (away.isAway) return Promise.reject(new SanadError('hsm.unavailable'))
        away.signed++
        return hsm.signCommand(keyId, input)
      },
    }
    return away
  }

  it('takes reports while the HSM is away, and signs the same commands later', async () => {
    const device = await commands.addDevice()
    const done = await order(device)
    const [command] = await device.ask()
    const commandId = await order(device)
    const hsm = makeHsm()
    const service = commands.openService(hsm)
    const report = device.report(command!, { state: 'succeeded' })
    expect(await device.send([report], { service })).toMatchObject({
      body: { commands: [], more: false },
    })
    expect(await stateOf(done)).toBe('succeeded')
    const reserved = await commands.rowOf(commandId)
    expect(reserved).toMatchObject({
      state: 'queued',
      number: 2,
      statement: null,
      sent_number: null,
    })
    expect(reserved.wake_at).not.toBeNull()
    hsm.isAway = false
    commands.time.now += 120_000
    const [later] = await device.ask([], { service })
    expect(later).toMatchObject({ id: commandId, number: 2 })
    const sent = await commands.rowOf(commandId)
    expect(sent.statement).toContain(`${reserved.signing_input}.`)
  })

  it('leaves nothing half done when a process ends between signing and sending', async () => {
    const device = await commands.addDevice()
    const commandId = await order(device)
    const hsm = makeHsm()
    hsm.isAway = false
    const crashing = commands.openService({
      ...hsm,
      signCommand: async () => {
        throw new Error('the process ended here')
      },
    })
    await expect(device.send([], { service: crashing })).rejects.toThrow('ended here')
    const reserved = await commands.rowOf(commandId)
    expect(reserved).toMatchObject({ state: 'queued', number: 1 })
    const [command] = await device.ask([], { isRepeated: true })
    expect(command).toMatchObject({ id: commandId, number: 1 })
    expect((await commands.rowOf(commandId)).statement).toContain(`${reserved.signing_input}.`)
  })

  it('does not send a command that was cancelled while it was signed', async () => {
    const device = await commands.addDevice()
    const commandId = await order(device)
    const { hsm } = commands.trust
    const service = commands.openService({
      ...makeHsm(),
      signCommand: async (keyId, input) => {
        await ask(`/commands/${commandId}/cancel`)
        return hsm.signCommand(keyId, input)
      },
    })
    expect((await device.send([], { service })).body).toMatchObject({ commands: [] })
    expect(await commands.rowOf(commandId)).toMatchObject({ state: 'cancelled', statement: null })
  })

  it('certifies the command key again before its certificate ends, and uses it until then', async () => {
    const was = commands.time.now
    const hsm = makeHsm()
    let isAway = false
    const keys = commands.openKeys({
      ...hsm,
      certifyCommandKey: (keyId, tbs) =>
        isAway
          ? Promise.reject(new SanadError('hsm.unavailable'))
          : hsm.certifyCommandKey(keyId, tbs),
    })
    const first = await keys.current()
    commands.time.now = first.notAfter - 50 * DAY_MS
    isAway = true
    expect(await keys.current()).toBe(first)
    isAway = false
    commands.time.now += DAY_MS
    const second = await keys.current()
    expect(second.notAfter).toBeGreaterThan(first.notAfter)
    expect(second.hsmKeyId).toBe(first.hsmKeyId)
    commands.time.now = was
  })
})
