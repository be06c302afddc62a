import { randomUUID } from 'node:crypto'
import type { Command } from '@sanad/protocol/domain/commands'
import type { CommandReport } from '@sanad/protocol/domain/command-report'
import { deviceSubject } from '@sanad/protocol/domain/digital-id'
import type { ReceivedAnswer } from '@sanad/protocol/wire/envelope/answer'
import { sealRequest } from '@sanad/protocol/wire/envelope/request'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CommandDesk } from '../src/commands/command-desk.ts'
import { settleCommands } from '../src/commands/command-jobs.ts'
import { readCommandView } from '../src/commands/command-view.ts'
import { DeviceUnderTest } from './device-under-test.ts'
import { makeKey } from './device-keys.ts'
import { verifyCommand } from './commanded-device.ts'
import { insertTestOperator } from './test-portal.ts'
import { type TestServer, startTestServer } from './test-server.ts'

/** Commands through the devices’ door: signed and encrypted messages over TLS, as a client sends them. */

let server: TestServer
let desk: CommandDesk
let operatorId: string
let makeDevice: () => Promise<DeviceUnderTest>
beforeAll(async () => {
  server = await startTestServer()
  await server.trust.hsm.generateKey('command', { modulusBits: 2048 })
  const { database } = server.db
  desk = new CommandDesk({ database, clock: server.now })
  operatorId = await insertTestOperator(server.db, 'Sara', 'operator')
  const ftm = await server.addFtmProvider()
  const model = await server.addModel({ level: 'L1', ftmProviderId: ftm.ftmProviderId })
  makeDevice = async () => {
    const device = await DeviceUnderTest.makeL1(server, model, ftm)
    expect(await device.register()).toMatchObject({ outcome: 'registered' })
    await device.checkIn()
    return device
  }
}, 120_000)
afterAll(() => server[Symbol.asyncDispose]())

async function order(
  { deviceId }: DeviceUnderTest,
  command: Parameters<CommandDesk['order']>[0]['command'] = {
    type: 'collect-information',
    body: {},
  },
): Promise<string> {
  const { commands } = await desk.order(
    { orderId: randomUUID(), deviceIds: [deviceId], command },
    operatorId,
  )
  return commands[0]?.commandId ?? ''
}

const makeMessage = (device: DeviceUnderTest, highest = 0, reports: CommandReport[] = []) =>
  device.make('commands', { highest, reports }, device.asRegistered(), {})

const commandsOf = (answer: ReceivedAnswer): Command[] => {
  if (answer.type !== 'commands-answer') throw new Error(answer.type)
  return answer.body.commands.map((jws) => verifyCommand(jws, server.trust, server.now()))
}

async function ask(device: DeviceUnderTest, highest = 0, reports: CommandReport[] = []) {
  return commandsOf(await server.door.ask(await makeMessage(device, highest, reports)))
}

const reportOf = ({ id, number }: Command, state: CommandReport['state']): CommandReport => ({
  id,
  number,
  state,
  at: new Date(server.now()).toISOString(),
})
const stateOf = async (commandId: string) =>
  (await readCommandView(server.db.database, commandId)).state

describe('a command through the door', () => {
  it('announces a command at check-in, delivers it with the next message and takes its report with the one after', async () => {
    const device = await makeDevice()
    expect(await device.checkIn()).toMatchObject({ body: { commandsWaiting: false } })
    const commandId = await order(device)
    expect(await device.checkIn()).toMatchObject({ body: { commandsWaiting: true } })
    const [command] = await ask(device)
    expect(command).toMatchObject({ id: commandId, aud: deviceSubject(device.identity) })
    expect(
      await ask(device, 1, command === undefined ? [] : [reportOf(command, 'succeeded')]),
    ).toEqual([])
    expect(await device.checkIn()).toMatchObject({ body: { commandsWaiting: false } })
    const { state, report } = await readCommandView(server.db.database, commandId)
    expect(state).toBe('succeeded')
    // Header, payload and signature, as the device made them.
    expect(report?.split('.')).toHaveLength(3)
    expect((await server.timelineOf(device.deviceId)).at(-1)).toMatchObject({
      type: 'command.succeeded',
      actor: `device:${device.deviceId}`,
      data: { commandId },
    })
  })

  it('sends a command again unchanged after a lost answer, even from a restarted server', async () => {
    const device = await makeDevice()
    await order(device)
    const message = await makeMessage(device)
    const first = await server.door.ask(message)
    await server.restart()
    const second = await server.door.ask(message)
    expect(second.body).toEqual(first.body)
    const third = await server.door.ask(await makeMessage(device))
    expect(third.body).toEqual(first.body)
  })

  it('ignores a command report that another key signed, or an earlier one', async () => {
    const [device, other] = [await makeDevice(), await makeDevice()]
    const commandId = await order(device)
    const [command] = await ask(device)
    if (command === undefined) throw new Error('no command')
    const report = reportOf(command, 'succeeded')
    // In the other’s name, about this one’s command.
    const stranger = await server.door.ask(await makeMessage(other, 1, [report]))
    expect(stranger).toMatchObject({ type: 'refusal', body: { code: 'command.not-found' } })
    // In this one’s name, by the other’s key.
    const { signInput } = other.asRegistered()
    const forged = await device.make(
      'commands',
      { highest: 1, reports: [report] },
      { ...device.asRegistered(), signInput },
      {},
    )
    expect((await server.door.post(forged.text)).status).toBe(401)
    expect(await stateOf(commandId)).toBe('sent')
    const failed = await makeMessage(device, 1, [reportOf(command, 'failed')])
    await server.door.ask(failed)
    expect(await stateOf(commandId)).toBe('failed')
    await server.door.ask(await makeMessage(device, 1, []))
    expect((await server.door.post(failed.text)).status).toBe(401)
    expect(await stateOf(commandId)).toBe('failed')
  })

  it('completes a de-registration command with the device’s purge certificate', async () => {
    const device = await makeDevice()
    const commandId = await order(device, { type: 'deregister', body: { reason: 'end-of-life' } })
    const [command] = await ask(device)
    expect(command).toMatchObject({ type: 'deregister', body: { reason: 'end-of-life' } })
    expect(await device.checkIn()).toMatchObject({
      type: 'refusal',
      body: { code: 'registration.device-deregistered' },
    })
    const purge = sealRequest(await device.signPurge(), await server.door.readEncryptionKey())
    expect(await server.door.ask(purge)).toMatchObject({ type: 'key-purge-answer' })
    await settleCommands({ database: server.db.database, clock: server.now })
    expect(await stateOf(commandId)).toBe('succeeded')
  })

  it('grants the device’s rotation request at once after a rotate-key command', async () => {
    const device = await makeDevice()
    // An order is about a key that was certified before it.
    server.advance(5000)
    await order(device, { type: 'rotate-key', body: { reason: 'policy' } })
    const [command] = await ask(device)
    expect(command).toMatchObject({ type: 'rotate-key' })
    const next = await makeKey()
    const certificate = await device.rotate(next)
    device.install(next, certificate)
    // The first message under the new key confirms it; here it is the report.
    const reports = command === undefined ? [] : [reportOf(command, 'succeeded')]
    expect(await ask(device, 1, reports)).toEqual([])
    const types = (await server.timelineOf(device.deviceId)).map(({ type }) => type)
    expect(types.slice(-2)).toEqual(['key.rotated', 'command.succeeded'])
  })

  it('fits the largest log into one message below the size limit', async () => {
    const device = await makeDevice()
    const since = new Date(server.now() - 86_400_000).toISOString()
    const commandId = await order(device, {
      type: 'collect-logs',
      body: { source: 'client', since, limit: 32_768 },
    })
    const [command] = await ask(device)
    if (command === undefined) throw new Error('no command')
    const line = '2027-01-01T00:00:00.000Z info the device checked in, all is well with it\n'
    const log = line.repeat(Math.floor(32_768 / line.length))
    const message = await makeMessage(device, 1, [{ ...reportOf(command, 'succeeded'), log }])
    expect(message.text.length).toBeLessThan(65_536)
    await server.door.ask(message)
    const view = await readCommandView(server.db.database, commandId)
    expect(view.log?.text).toBe(log)
  })
})
