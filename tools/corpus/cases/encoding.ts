import {
  both,
  bothRefused,
  deviceWith,
  group,
  inBoth,
  listed,
  met,
  notRegistered,
  ready,
  refused,
  unseen,
  written,
} from '../case.ts'
import {
  SLAP,
  described,
  discovered,
  element,
  encode,
  registered,
  signed,
  unregistered,
  unregisteredDiscovered,
  unregisteredPayload,
} from '../device.ts'

const pad = (text: string): string => text.padEnd(Math.ceil(text.length / 4) * 4, '=')
const standard = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64')
/** As Java's MIME encoder writes it. */
const inLines = (text: string): string => (text.match(/.{1,76}/g) ?? []).join('\r\n')

/** Of these lengths base64 is padded; the shorter of firmware texts that give one. */
const odd = unregisteredPayload(SLAP, { firmware: 'F.1.0' })
const unpadded = encode(odd)
const paddable = unpadded.length % 4 === 0 ? unregisteredPayload(SLAP, { firmware: 'F.1.10' }) : odd
/** Its base64 does not fill the last group of four. */
const LONGER_SLAP = { ...SLAP, deviceProvider: 'Example Biometrics Ltd' }
/** Its base64 has `+` or `/`. */
const withPlus = unregisteredPayload(SLAP, { firmware: '>>>???~~~' })

export const ENCODING = group('encoding', [
  {
    name: 'padded-device-info',
    about:
      'An unsigned deviceInfo ends in “=”: Java’s Base64.getUrlEncoder() pads unless withoutPadding() is called.',
    answers: notRegistered(pad(encode(paddable))),
    client: { devices: [met(['information deviceInfo padding'])] },
    registrationClient: [unseen('not-signed')],
  },
  {
    name: 'padded-digital-id',
    about:
      'The unsigned digital ID of MOSIPDISC ends in “=”; the signed one of MOSIPDINFO is right.',
    answers: deviceWith({
      claims: LONGER_SLAP,
      discovery: { digitalId: pad(encode(LONGER_SLAP)) },
    }),
    client: { devices: [met(['discovery digitalId padding'])] },
    registrationClient: [ready()],
  },
  {
    name: 'standard-base64',
    about: 'An unsigned deviceInfo in standard base64, with “+” and “/”.',
    answers: notRegistered(standard(withPlus)),
    client: { devices: [met(['information deviceInfo standard-base64'])] },
    registrationClient: [unseen('not-signed')],
  },
  {
    name: 'base64-in-lines',
    about: 'An unsigned deviceInfo in lines of 76 characters, as Java’s MIME encoder writes it.',
    answers: notRegistered(inLines(unpadded)),
    client: { devices: [met(['information deviceInfo white-space'])] },
    registrationClient: [unseen('not-signed')],
  },
  {
    name: 'padded-payload-signed',
    about: 'The payload inside a signature is padded.',
    answers: both(
      [discovered(SLAP)],
      [registered(SLAP, {}, { encodePayload: (payload) => pad(encode(payload)) })],
    ),
    client: { devices: [met(['information deviceInfo padding'])] },
    registrationClient: [ready()],
  },
  {
    name: 'device-info-as-object',
    about: 'deviceInfo is the object itself and not its base64url.',
    answers: notRegistered(unregisteredPayload(SLAP)),
    client: { devices: [met(['information deviceInfo not-encoded'])] },
    registrationClient: [unseen('wrong-json-type')],
  },
  {
    name: 'digital-id-as-object',
    about: 'The digital ID of MOSIPDISC is the object itself.',
    answers: deviceWith({ discovery: { digitalId: SLAP } }),
    client: { devices: [met(['discovery digitalId not-encoded'])] },
    registrationClient: [listed('discovery-not-readable')],
  },
  {
    name: 'device-info-not-base64',
    about: 'deviceInfo is a word.',
    answers: notRegistered('?unknown?'),
    client: { refused: [refused('field-refused', 'information deviceInfo', SLAP.serialNo)] },
    registrationClient: [unseen('not-described')],
  },
  {
    name: 'byte-order-mark',
    about: 'Both bodies begin with a byte order mark, as Windows programs write it.',
    answers: written((list) => ({ text: `\u{FEFF}${JSON.stringify(list)}` })),
    client: {
      devices: [met()],
      tolerated: inBoth('byte-order-mark'),
    },
    registrationClient: [unseen('not-json')],
  },
  {
    name: 'latin-1',
    about: 'The body is ISO-8859-1 and not UTF-8: errorInfo has an accent.',
    answers: {
      MOSIPDISC: {
        base64: Buffer.from(
          JSON.stringify([discovered(SLAP, { error: { errorCode: '0', errorInfo: 'Succès' } })]),
          'latin1',
        ).toString('base64'),
      },
      MOSIPDINFO: { json: [registered(SLAP)] },
    },
    client: { devices: [met()], tolerated: ['discovery encoding'] },
    registrationClient: [ready()],
  },
  {
    name: 'utf-16',
    about: 'Both bodies are UTF-16 with a byte order mark.',
    answers: written((list) => ({
      base64: Buffer.from(`\u{FEFF}${JSON.stringify(list)}`, 'utf16le').toString('base64'),
    })),
    client: {
      tolerated: inBoth('encoding'),
      refused: bothRefused('not-json'),
    },
    registrationClient: [unseen('not-json')],
  },
  {
    name: 'octets-behind-the-body',
    about: 'Four octets follow the body, beyond Content-Length, as MockMDS sends them.',
    answers: written((json) => ({ json, trailer: 'AAAAAA==' })),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'text-behind-the-list',
    about: 'A line end and a remark follow the list, inside Content-Length.',
    answers: written((list) => ({ text: `${JSON.stringify(list)}\r\n# end` })),
    client: { devices: [met()], tolerated: inBoth('rest-of-body') },
    registrationClient: [ready()],
  },
  {
    name: 'escaped-slashes',
    about: 'Every “/” is written “\\/”, as some JSON libraries do.',
    answers: written((list) => ({ text: JSON.stringify(list).replaceAll('/', '\\/') })),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'indented-json',
    about: 'Both bodies are indented, with tabs and line ends.',
    answers: written((list) => ({
      text: JSON.stringify(list, null, '\t').replaceAll('\n', '\r\n'),
    })),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'payload-indented',
    about: 'What is signed is indented JSON; MOSIP verifies the octets as they are.',
    answers: both(
      [discovered(SLAP)],
      [
        element(
          signed(described(SLAP), {
            encodePayload: (payload) => encode(JSON.stringify(payload, null, 2)),
          }),
        ),
      ],
    ),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'unsigned-with-dots',
    about:
      'A device that is not registered sends its payload between two dots, without header and signature.',
    answers: notRegistered(`.${encode(unregisteredPayload(SLAP))}.`),
    client: { refused: [refused('field-refused', 'information deviceInfo.header', SLAP.serialNo)] },
    registrationClient: [unseen('not-signed')],
  },
  {
    name: 'unregistered-padded-everywhere',
    about: 'Both digital IDs and deviceInfo are padded.',
    answers: both(
      [unregisteredDiscovered(SLAP, { digitalId: pad(encode({ ...SLAP, model: 'Slap 4420' })) })],
      [
        unregistered(
          { ...SLAP, model: 'Slap 4420' },
          { digitalId: pad(encode({ ...SLAP, model: 'Slap 4420' })) },
        ),
      ],
    ),
    client: { devices: [met(inBoth('digitalId padding'))] },
    registrationClient: [unseen('not-signed')],
  },
])
