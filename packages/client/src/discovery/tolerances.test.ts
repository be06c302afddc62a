import { generateKeyPairSync } from 'node:crypto'
import { expect, it } from 'vitest'
import { makeJws, signWith } from '@sanad/protocol/wire/envelope/signing'
import { DIGITAL_ID, RawSbi, unregistered } from '../../test/raw-sbi.ts'
import { issue, makeAuthority, spkiOf, toPem } from '../../test/test-pki.ts'
import { lookAtPort } from './port-look.ts'
import type { DescribedDevice } from './described-device.ts'
import type { PortReading } from './reading.ts'
import { TOLERANCES } from './tolerances.ts'

/** What a program may write otherwise than the specification, answer by answer: each is one device of level L0, Ready. */

const json = (value: unknown): string => JSON.stringify(value)
const encode = (value: object): string => Buffer.from(json(value)).toString('base64url')

const DEVICE = {
  deviceId: '1',
  deviceCode: '1',
  deviceStatus: 'Ready',
  certification: 'L0',
  serviceVersion: '1.0.0',
  deviceSubId: ['1'],
  callbackId: 'http://127.0.0.1:4501/',
  digitalId: encode(DIGITAL_ID),
  specVersion: ['0.9.5'],
  purpose: 'Registration',
  firmware: '1.2',
  env: 'Staging',
  error: { errorCode: '0', errorInfo: 'Success' },
}

interface Answers {
  readonly device: string | Buffer
  readonly info: string | Buffer
}

const plain = (changes: object): Answers => {
  const device = { ...DEVICE, ...changes }
  return { device: json([device]), info: json([{ deviceInfo: encode(device), error: null }]) }
}
const withDigitalId = (changes: object) =>
  plain({ digitalId: encode({ ...DIGITAL_ID, ...changes }) })
const withInfo = (deviceInfo: unknown): Answers => ({
  device: json([DEVICE]),
  info: json([{ deviceInfo }]),
})
/** The whole HTTP answer of both questions, before its body. */
const withHead = (head: string, body = plain({})): Answers => ({
  device: Buffer.from(`HTTP/1.1 ${head}\r\n\r\n${body.device.toString()}`),
  info: Buffer.from(`HTTP/1.1 ${head}\r\n\r\n${body.info.toString()}`),
})
const bodyOf = (bytes: Buffer): Buffer =>
  Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\n\r\n`), bytes])

async function look({ device, info }: Answers, verbs = ['MOSIPDISC', 'MOSIPDINFO']) {
  await using sbi = await RawSbi.open()
  sbi.answer = (verb) => (verb === verbs[0] ? device : verb === verbs[1] ? info : undefined)
  return await lookAtPort(sbi.port, { timeoutMs: 5000 })
}

function theDevice({ entries, exchanges }: PortReading): DescribedDevice {
  const [entry] = entries
  if (entry?.outcome !== 'understood' || entries.length !== 1)
    throw new Error(json([entries, exchanges]))
  return entry.device
}

const standard = (value: object): string => Buffer.from(json(value)).toString('base64')
const inLines = (text: string): string => text.replaceAll(/.{20}/g, '$&\r\n')

it.each<[string, Answers]>([
  ['padded base64url', withInfo(`${encode({ ...DEVICE, env: 'S' })}=`)],
  ['standard base64', withInfo(standard({ ...DEVICE, env: '~~~~??>>' }))],
  ['base64 in lines', withInfo(inLines(encode(DEVICE)))],
  ['JSON in place of its base64url', withInfo(json(DEVICE))],
  ['an object in place of its base64url', withInfo(DEVICE)],
  ['a digital ID as an object', plain({ digitalId: DIGITAL_ID })],
  [
    'null where a member may be absent',
    plain({
      serviceVersion: null,
      purpose: null,
      env: null,
      firmware: null,
      error: null,
      specVersion: null,
      deviceSubId: null,
      callbackId: null,
    }),
  ],
  [
    'no member but the needed ones',
    {
      device: json([{ digitalId: DEVICE.digitalId, deviceStatus: 'Ready', certification: 'L0' }]),
      info: json([{ deviceInfo: encode({ digitalId: DEVICE.digitalId }) }]),
    },
  ],
  [
    'numbers and booleans as text',
    plain({ serviceVersion: 1.5, firmware: 7, deviceId: 12, purpose: true }),
  ],
  ['numbers in deviceSubId', plain({ deviceSubId: [1, 2, 3] })],
  ['one number as deviceSubId', plain({ deviceSubId: 1 })],
  ['specVersion as one text', plain({ specVersion: '0.9.5' })],
  ['specVersion as a number', plain({ specVersion: 0.9 })],
  ['extra members', plain({ colour: 'grey', nested: { more: [1] } })],
  ['an extra member in the digital ID', withDigitalId({ colour: 'grey' })],
  ['a status in capitals', plain({ deviceStatus: 'READY' })],
  ['a level in small letters', plain({ certification: 'l0' })],
  ['the level by its name in edition 1.0', plain({ certification: 'SBI 1.0' })],
  ['certificationLevel', plain({ certification: undefined, certificationLevel: 'L0' })],
  ['deviceServiceVersion', plain({ serviceVersion: undefined, deviceServiceVersion: '1.0.0' })],
  [
    'subType, as edition 0.9.2 has it',
    withDigitalId({ deviceSubType: undefined, subType: 'Slap' }),
  ],
  ['a type in capitals', withDigitalId({ type: 'FINGER' })],
  ['a type by its code', withDigitalId({ type: 'FIR' })],
  ['the sub-type of the registration client', withDigitalId({ deviceSubType: 'Slab' })],
  ['milliseconds', withDigitalId({ dateTime: '2026-11-24T10:00:00.123Z' })],
  ['an offset', withDigitalId({ dateTime: '2026-11-24T15:30:00+05:30' })],
  ['no zone', withDigitalId({ dateTime: '2026-11-24T10:00:00' })],
  ['a time as a number', withDigitalId({ dateTime: 1_795_514_400_000 })],
  ['no time in the digital ID', withDigitalId({ dateTime: null })],
  ['a time that is none', withDigitalId({ dateTime: 'yesterday' })],
  [
    'an error without a device beside the device',
    {
      device: json([DEVICE, { error: { errorCode: '202', errorInfo: 'none' } }]),
      info: json([{ deviceInfo: encode(DEVICE) }, { error: { errorcode: 202 } }]),
    },
  ],
  [
    'one object in place of the list',
    {
      device: json(DEVICE),
      info: json({ deviceInfo: encode(DEVICE) }),
    },
  ],
  [
    'the payload of edition 1.0',
    withInfo(encode({ deviceInfo: DEVICE, error: { errorCode: '0' } })),
  ],
  ['a payload that is itself encoded', withInfo(encode({ deviceInfo: encode(DEVICE) }))],
  [
    'a byte order mark',
    {
      device: bodyOf(Buffer.from(`\uFEFF${plain({}).device.toString()}`)),
      info: bodyOf(Buffer.from(`\uFEFF${plain({}).info.toString()}`)),
    },
  ],
  [
    'white space around the body',
    {
      device: ` \r\n\t${plain({}).device.toString()}\n\n`,
      info: `\n${plain({}).info.toString()} `,
    },
  ],
  [
    'an accent in the encoding of Windows',
    {
      device: bodyOf(Buffer.from(json([{ ...DEVICE, error: { errorInfo: 'prêt' } }]), 'latin1')),
      info: plain({}).info,
    },
  ],
  [
    'octets behind the body',
    {
      device: Buffer.concat([
        bodyOf(Buffer.from(plain({}).device.toString())),
        Buffer.from('\r\n\r\n'),
      ]),
      info: Buffer.concat([
        bodyOf(Buffer.from(plain({}).info.toString())),
        Buffer.from('\r\n\r\n'),
      ]),
    },
  ],
  ['text behind the JSON', { device: `${plain({}).device.toString()};`, info: plain({}).info }],
  ['no content type and no length', withHead('200 OK')],
  ['another content type', withHead('200 OK\r\nContent-Type: text/html')],
  ['HTTP status 500 with a good body', withHead('500 Error')],
  [
    'a device that is named twice',
    {
      device: json([DEVICE, DEVICE]),
      info: json([{ deviceInfo: encode(DEVICE) }, { deviceInfo: encode(DEVICE) }]),
    },
  ],
  [
    'a digital ID that is readable in the device information alone',
    {
      device: json([{ ...DEVICE, digitalId: '???' }]),
      info: json([{ deviceInfo: encode(DEVICE) }]),
    },
  ],
  [
    'a level that is in the discovery alone',
    {
      device: json([DEVICE]),
      info: json([{ deviceInfo: encode({ ...DEVICE, certification: null }) }]),
    },
  ],
])('reads one device from %s', async (_, answers) => {
  const device = theDevice(await look(answers))
  expect(device).toMatchObject({ level: 'L0', deviceStatus: 'Ready' })
  expect(device.digitalId).toMatchObject({
    serialNo: DIGITAL_ID.serialNo,
    make: DIGITAL_ID.make,
    model: DIGITAL_ID.model,
    type: 'Finger',
    deviceSubType: 'Slap',
  })
  expect(device.digitalId.dateTime).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z$/)
})

it.each([
  ['an offset', '2026-11-24T15:30:00+05:30', '2026-11-24T10:00:00Z'],
  ['no zone, which is UTC', '2026-11-24T10:00:00', '2026-11-24T10:00:00Z'],
  ['seconds since 1970', '1795514400', '2026-11-24T10:00:00Z'],
])('brings a time with %s to the form of the specification', async (_, dateTime, taken) => {
  const device = theDevice(await look(withDigitalId({ dateTime })))
  expect(device.digitalId.dateTime).toBe(taken)
})

it.each([
  ['Ready', 'Ready'],
  ['BUSY', 'Busy'],
  ['NOT_READY', 'Not Ready'],
  ['NotRegistered', 'Not Registered'],
  ['not registered', 'Not Registered'],
])('knows the status %s', async (deviceStatus, known) => {
  expect(theDevice(await look(plain({ deviceStatus }))).deviceStatus).toBe(known)
})

it('takes a serial number with all its digits when it is written as a number', async () => {
  const digits = '98765432109876543210'
  const digitalId = Buffer.from(
    json({ ...DIGITAL_ID, serialNo: 0 }).replace('"serialNo":0', `"serialNo":${digits}`),
  ).toString('base64url')
  expect(theDevice(await look(plain({ digitalId }))).digitalId.serialNo).toBe(digits)
})

it('takes a device without a status for one that is not ready', async () => {
  expect(theDevice(await look(plain({ deviceStatus: null }))).deviceStatus).toBe('Not Ready')
})

it.each([
  ['MOSIPDISC', 'SBIINFO'],
  ['SBIDISC', 'MOSIPDINFO'],
  ['SBIDISC', 'SBIINFO'],
])('finds the device of an SBI that knows %s and %s', async (...verbs) => {
  expect(theDevice(await look(plain({}), verbs)).level).toBe('L0')
})

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const certificate = issue(makeAuthority('Country'), {
  spki: spkiOf(publicKey),
  commonName: 'EXS000000000001.Slap 442',
})
const x5c = Buffer.from(certificate).toString('base64')
const sign = signWith(privateKey, 'RS256')

it.each<[string, object]>([
  ['of the specification', { alg: 'RS256', typ: 'JWT', x5c: [x5c] }],
  ['without typ', { alg: 'RS256', x5c: [x5c] }],
  [
    'with kid and a thumbprint',
    { alg: 'RS256', typ: 'JWT', kid: 'k', 'x5t#S256': 'AAAA', x5c: [x5c] },
  ],
  ['with x5c as one text', { alg: 'RS256', typ: 'JWT', x5c }],
  ['with x5c in lines', { alg: 'RS256', typ: 'JWT', x5c: [inLines(x5c)] }],
  ['with x5c as PEM', { alg: 'RS256', typ: 'JWT', x5c: [toPem(certificate)] }],
  ['with a whole chain', { alg: 'RS256', typ: 'JWT', x5c: [x5c, x5c, x5c, x5c, x5c] }],
])('verifies a description with a header %s', async (_, header) => {
  const digitalId = await makeJws(header, DIGITAL_ID, sign)
  const device = theDevice(
    await look(withInfo(await makeJws(header, { ...DEVICE, digitalId }, sign))),
  )
  expect(Buffer.from(device.certificate ?? [])).toEqual(Buffer.from(certificate))
})

it.each<[string, object, string]>([
  ['without a certificate', { alg: 'RS256', typ: 'JWT' }, 'deviceInfo.header.x5c'],
  ['of another algorithm', { alg: 'PS256', x5c: [x5c] }, 'deviceInfo.header.alg'],
  [
    'with a critical extension',
    { alg: 'RS256', crit: ['b64'], x5c: [x5c] },
    'deviceInfo.header.crit',
  ],
])('refuses a description with a header %s, and names it', async (_, header, field) => {
  const reading = await look(withInfo(await makeJws(header, DEVICE, sign)))
  expect(reading.entries).toMatchObject([{ outcome: 'not-understood', refused: [{ field }] }])
})

it('refuses a description that was changed after it was signed', async () => {
  const jws = await makeJws({ alg: 'RS256', typ: 'JWT', x5c: [x5c] }, DEVICE, sign)
  const [header, , signature] = jws.split('.')
  const changed = [header, encode({ ...DEVICE, firmware: '9' }), signature].join('.')
  const reading = await look(withInfo(changed))
  expect(reading.entries).toMatchObject([
    { outcome: 'not-understood', refused: [{ code: 'client.sbi-signature-invalid' }] },
  ])
})

it.each([
  'serialNo',
  'make',
  'model',
  'type',
  'deviceSubType',
  'deviceProvider',
  'deviceProviderId',
])('refuses a digital ID without %s, and names it', async (name) => {
  const reading = await look(withDigitalId({ [name]: null }))
  const [entry] = reading.entries
  expect(entry?.outcome === 'not-understood' && entry.refused.map(({ field }) => field)).toContain(
    `digitalId.${name}`,
  )
})

it('reads the first thirty-two devices of an SBI that names more, and says so', async () => {
  const devices = Array.from({ length: 40 }, (_, index) =>
    unregistered({ serialNo: `EXM0000000${index + 100}` }),
  )
  const reading = await look({
    device: json(devices),
    info: json(devices.map((device) => ({ deviceInfo: encode(device) }))),
  })
  expect(reading.entries).toHaveLength(32)
  expect(reading.exchanges[0]?.refused).toMatchObject({ code: 'client.sbi-too-many-devices' })
})

it('shows no long value and no control character of an SBI', async () => {
  const reading = await look(
    plain({
      firmware: `${'A'.repeat(100)}`,
      serviceVersion: 'x'.repeat(70),
      purpose: 'a\u001B[31m',
    }),
  )
  const shown = reading.entries.flatMap(({ tolerated }) => tolerated.map(({ found }) => found))
  expect(shown.length).toBeGreaterThan(0)
  for (const text of shown) expect(text).toMatch(/^[^\p{C}]{1,60}$/u)
})

it('shows no control character of a name that no specification has', async () => {
  const odd = '\u001B[31m'
  const header = { alg: 'RS256', typ: 'JWT', x5c: [x5c], [odd]: 1 }
  const digitalId = encode({ ...DIGITAL_ID, [odd]: 1 })
  const reading = await look(withInfo(await makeJws(header, { ...DEVICE, digitalId }, sign)))
  const fields = reading.entries.flatMap(({ tolerated }) => tolerated.map(({ field }) => field))
  expect(fields).toContain('deviceInfo.header.?[31m')
  expect(fields).toContain('digitalId.?[31m')
})

it('says of each oddity what MOSIP’s registration client makes of it', () => {
  for (const row of Object.values(TOLERANCES))
    expect(row).toEqual({
      words: expect.stringMatching(/\.$/) as string,
      registrationClient: expect.stringMatching(/^(takes|refuses)$/) as string,
    })
})
