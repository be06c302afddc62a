import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { StatusReport } from '../src/agent/status-report.ts'
import { runClient } from './agent-process.ts'
import { Desk, until } from './desk.ts'
import { openFieldSbi, readField } from './field-sbi.ts'
import { openKeyFileSbi } from './key-file-sbi.ts'
import { RawSbi, behaveAs, unregistered } from './raw-sbi.ts'
import { checkedIn } from './server-answers.ts'

const portOnly = ({ port }: RawSbi) => ({ portRange: { from: port, to: port } })

/** Every device of the answer has lost this member of its digital ID. */
function withoutMember(answers: ReturnType<typeof readField>, member: string) {
  const decode = (text: unknown) =>
    JSON.parse(Buffer.from(String(text), 'base64url').toString()) as Record<string, unknown>
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return {
    ...answers,
    MOSIPDINFO: answers.MOSIPDINFO.map(({ deviceInfo }) => {
      const info = decode(deviceInfo)
      const digitalId = encode({ ...decode(info['digitalId']), [member]: null })
      return { deviceInfo: encode({ ...info, digitalId }) }
    }),
  }
}

describe('An L0 device that its SBI only names until it has a key', () => {
  it('registers, and comes back after a purge as soon as it is approved again', async () => {
    await using desk = await Desk.open()
    const serialNo = 'EXK000000000001'
    const handOver = join(desk.directory, 'hand-over')
    await using sbi = await openKeyFileSbi(handOver, serialNo)
    desk.server.checkInAnswer = () => checkedIn({ nextCheckInSeconds: 1 }, desk.server.now())
    const agent = await desk.startAgent(portOnly(sbi))
    const report = () => agent.report().devices.find((device) => device.serialNo === serialNo)
    await until(() => report()?.light === 'green')

    desk.server.verdict = () => ({
      outcome: 'pending',
      supportCode: '7KQ2-M4XH',
      sentence: 'This device must be approved again.',
      retryAfterSeconds: 1,
    })
    desk.server.checkInAnswer = () => ({
      type: 'refusal',
      body: {
        code: 'registration.device-deregistered',
        supportCode: '7KQ2-M4XH',
        sentence: 'This device was de-registered.',
        retryAfterSeconds: 1,
      },
    })
    await until(() => desk.server.purges.length === 1)
    await until(() => report()?.sentence === 'This device must be approved again.')

    desk.server.checkInAnswer = () => checkedIn({}, desk.server.now())
    desk.server.verdict = () => undefined
    await until(() => report()?.light === 'green')
    expect(report()?.sentence).toBe('The device is registered. There is nothing to do.')
  })
})

describe('A device whose description cannot be read', () => {
  it('is a line of the log with port, device and field, a row of the status, and exit code 1', async () => {
    await using desk = await Desk.open()
    const answers = withoutMember(readField('sbi/reference'), 'deviceProviderId')
    await using sbi = await openFieldSbi(answers)
    const config = desk.writeConfig({ ...portOnly(sbi), logLevel: 'warn' })

    const { code, stdout, stderr } = await runClient('once', '--config', config)
    expect(code).toBe(1)
    expect(stdout).toContain('FLD000000000001')
    expect(stdout).toContain('digitalId.deviceProviderId')
    const line = JSON.parse(stderr.trim().split('\n')[0] ?? '{}') as object
    expect(line).toMatchObject({
      port: sbi.port,
      serialNo: 'FLD000000000001',
      field: 'digitalId.deviceProviderId',
      code: 'client.sbi-field-refused',
    })

    const json = await runClient('once', '--json', '--config', config)
    expect(JSON.parse(json.stdout) as StatusReport).toMatchObject({
      devices: [],
      sbis: [{ port: sbi.port, serialNo: 'FLD000000000001', light: 'amber' }],
    })
  })

  it('does not make its neighbour wait: that one is registered, and each has its own row', async () => {
    await using desk = await Desk.open()
    const good = unregistered({ serialNo: 'EXG000000000001' })
    const odd = unregistered({ serialNo: 'EXO000000000001', deviceProviderId: '' })
    await using sbi = await RawSbi.open()
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    sbi.answer = (verb) =>
      verb === 'MOSIPDISC'
        ? JSON.stringify([odd, good])
        : JSON.stringify([odd, good].map((device) => ({ deviceInfo: encode(device) })))
    const agent = await desk.startAgent(portOnly(sbi))
    await until(() => agent.report().devices.some(({ progress }) => progress === 'registered'))
    expect(agent.report()).toMatchObject({
      devices: [{ serialNo: 'EXG000000000001' }],
      sbis: [
        {
          serialNo: 'EXO000000000001',
          faults: [
            { field: 'digitalId.deviceProviderId' },
            { field: 'digitalId.deviceProviderId' },
          ],
        },
      ],
    })
  })
})

describe('An SBI that is too slow', () => {
  it('is told so by the status and by exit code 1, with the time that client.yaml gives', async () => {
    await using desk = await Desk.open()
    await using sbi = await RawSbi.open()
    sbi.answer = () => null
    const config = desk.writeConfig({ ...portOnly(sbi), sbi: { answerSeconds: 1 } })
    const { code, stdout } = await runClient('once', '--config', config)
    expect(code).toBe(1)
    expect(stdout).toContain(`SBI on port ${sbi.port}`)
    expect(stdout).toContain('answers too slowly')
  })
})

describe('An SBI that cuts its body', () => {
  it('is told so: Content-Length must count bytes', async () => {
    await using desk = await Desk.open()
    await using sbi = await RawSbi.open()
    const body = JSON.stringify([
      { ...unregistered(), error: { errorCode: '100', errorInfo: 'é'.repeat(40) } },
    ])
    sbi.answer = () =>
      Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`)
    const config = desk.writeConfig(portOnly(sbi))
    const { code, stdout } = await runClient('once', '--config', config)
    expect(code).toBe(1)
    expect(stdout).toContain('the body was cut')
    expect(stdout).toContain('Content-Length counts bytes, not characters')
  })
})

describe('What an SBI writes in another form', () => {
  it('is told beside its device, and what goes to the server is as strict as ever', async () => {
    await using desk = await Desk.open()
    await using sbi = await RawSbi.open()
    sbi.answer = behaveAs('MOSIPDISC', 'MOSIPDINFO', () =>
      unregistered({ serialNo: 'EXT000000000001', dateTime: '2026-11-24T10:00:00.123Z' }),
    )
    const agent = await desk.startAgent(portOnly(sbi))
    const device = () => agent.report().devices[0]
    await until(() => device()?.progress === 'registered')
    const remark = device()?.sbiRemarks?.find(({ field }) => field === 'digitalId.dateTime')
    expect(remark?.found).toBe('"2026-11-24T10:00:00.123Z"')
    expect(remark?.words).toContain('registration processor')
    // The test server takes strict digital IDs alone.
    expect(desk.server.typesSeen()).toContain('registration')
  })
})
