import {
  both,
  bothRefused,
  deviceRefused,
  deviceWith,
  group,
  inBoth,
  informationRefused,
  listed,
  met,
  notRegistered,
  ready,
  refused,
  unseen,
  written,
} from '../case.ts'
import {
  type Claims,
  FACE,
  SLAP,
  SUCCESS,
  described,
  discovered,
  element,
  encode,
  registered,
  signed,
  unregistered,
  unregisteredDiscovered,
  without,
} from '../device.ts'

const NONE_CONNECTED = { error: { errorCode: '202', errorInfo: 'No device connected' } }
const withStatusTwice = (value: unknown): string =>
  JSON.stringify(value).replace(
    '"deviceStatus":"Ready"',
    '"deviceStatus":"Busy","deviceStatus":"Ready"',
  )

const nested = (depth: number): unknown => (depth === 0 ? 1 : { a: nested(depth - 1) })

export const MEMBERS = group('members', [
  {
    name: 'unknown-members-in-payload',
    about:
      'The signed description has members that no edition knows. The registration client passes over them.',
    answers: deviceWith({ info: { vendorData: { battery: 80 }, ['x-build']: 'r42' } }),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'unknown-member-at-discovery',
    about:
      'MOSIPDISC has a member that no edition knows. The registration client cannot read the whole answer.',
    answers: deviceWith({ discovery: { battery: 80 } }),
    client: { devices: [met()] },
    registrationClient: [listed('discovery-not-readable')],
  },
  {
    name: 'unknown-member-beside-device-info',
    about:
      'A member stands beside deviceInfo and error. The registration client cannot read the whole answer.',
    answers: both(
      [discovered(SLAP), discovered(FACE)],
      [{ ...registered(SLAP), port: 4501 }, registered(FACE)],
    ),
    client: { devices: [met(), met([], FACE)] },
    registrationClient: [unseen('member-unknown'), unseen('member-unknown', FACE)],
  },
  {
    name: 'unknown-member-in-digital-id',
    about:
      'The digital ID has a ninth member. The registration client gives up at this device, and at all after it.',
    answers: both(
      [discovered({ ...SLAP, colour: 'black' }), discovered(FACE)],
      [registered({ ...SLAP, colour: 'black' }), registered(FACE)],
    ),
    client: {
      devices: [met(inBoth('digitalId.colour unknown-member')), met([], FACE)],
    },
    registrationClient: [unseen('member-unknown'), unseen('neighbour', FACE)],
  },
  {
    name: 'error-with-small-names',
    about:
      'error has errorcode and errorinfo, as one draft spelled them. The registration client cannot read the whole answer.',
    answers: both(
      [discovered(SLAP)],
      [{ ...registered(SLAP), error: { errorcode: '0', errorinfo: 'Success' } }],
    ),
    client: { devices: [met()] },
    registrationClient: [unseen('member-unknown')],
  },
  {
    name: 'error-as-text',
    about: 'error is a text in place of an object.',
    answers: both([discovered(SLAP)], [{ ...registered(SLAP), error: 'Success' }]),
    client: { devices: [met()] },
    registrationClient: [unseen('wrong-json-type')],
  },
  {
    name: 'error-missing',
    about: 'Neither answer has error.',
    answers: both([without(discovered(SLAP), 'error')], [without(registered(SLAP), 'error')]),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'member-twice',
    about:
      'deviceStatus stands twice in MOSIPDISC and in the signed description, with two values. Jackson takes the last.',
    answers: {
      MOSIPDISC: { text: withStatusTwice([discovered(SLAP)]) },
      MOSIPDINFO: {
        json: [
          element(
            signed(described(SLAP), {
              encodePayload: (payload) => encode(withStatusTwice(payload)),
            }),
          ),
        ],
      },
    },
    client: {
      refused: deviceRefused('deviceStatus'),
    },
    registrationClient: [ready()],
  },
  {
    name: 'digital-id-twice',
    about:
      'digitalId stands twice in an element of MOSIPDISC, for two devices; MOSIPDINFO is right.',
    answers: {
      MOSIPDISC: {
        text: JSON.stringify([discovered(SLAP)]).replace(
          '"digitalId":',
          '"digitalId":"e30","digitalId":',
        ),
      },
      MOSIPDINFO: { json: [registered(SLAP)] },
    },
    client: { devices: [met(['discovery digitalId other-answer'])] },
    registrationClient: [ready()],
  },
  {
    name: 'deep-nesting',
    about: 'A member that nobody knows is nested 2,000 levels deep.',
    answers: {
      MOSIPDISC: { json: [discovered(SLAP)] },
      MOSIPDINFO: {
        text: `[${JSON.stringify(registered(SLAP)).slice(0, -1)},"x":${'['.repeat(2000)}${']'.repeat(2000)}}]`,
      },
    },
    client: {
      refused: informationRefused('not-json'),
    },
    registrationClient: [unseen('member-unknown')],
  },
  {
    name: 'nested-in-payload',
    about: 'The signed description has an unknown member of 12 levels.',
    answers: deviceWith({ info: { more: nested(12) } }),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'prototype-member',
    about: 'MOSIPDISC has a member called “__proto__”.',
    answers: {
      MOSIPDISC: {
        text: JSON.stringify([discovered(SLAP)]).replace(
          '{',
          '{"__proto__":{"deviceStatus":"Busy"},',
        ),
      },
      MOSIPDINFO: { json: [registered(SLAP)] },
    },
    client: { devices: [met()] },
    registrationClient: [listed('discovery-not-readable')],
  },
  {
    name: 'status-missing',
    about: 'Neither answer has deviceStatus.',
    answers: both(
      [without(unregisteredDiscovered(SLAP), 'deviceStatus')],
      [unregistered(SLAP, { deviceStatus: undefined })],
    ),
    client: { devices: [met(['information deviceStatus absent'])] },
    registrationClient: [unseen('not-signed')],
  },
  {
    name: 'level-missing',
    about: 'Neither answer has certification.',
    answers: both(
      [without(discovered(SLAP), 'certification')],
      [element(signed(without(described(SLAP), 'certification')))],
    ),
    client: { refused: [refused('field-refused', 'information certification', SLAP.serialNo)] },
    registrationClient: [listed('discovery-differs')],
  },
  {
    name: 'level-missing-at-discovery',
    about: 'MOSIPDISC has no certification; MOSIPDINFO has it.',
    answers: both([without(discovered(SLAP), 'certification')], [registered(SLAP)]),
    client: { devices: [met()] },
    registrationClient: [listed('discovery-differs')],
  },
  {
    name: 'digital-id-missing-at-discovery',
    about: 'MOSIPDISC has no digitalId; MOSIPDINFO has it.',
    answers: both([without(discovered(SLAP), 'digitalId')], [registered(SLAP)]),
    client: { devices: [met(['discovery digitalId other-answer'])] },
    registrationClient: [ready()],
  },
  {
    name: 'digital-id-missing-in-info',
    about:
      'The description has no digitalId; MOSIPDISC has it. The registration client gives up at this device.',
    answers: both([discovered(SLAP)], [element(signed(without(described(SLAP), 'digitalId')))]),
    client: { refused: [refused('field-refused', 'information digitalId', SLAP.serialNo)] },
    registrationClient: [unseen('digital-id-not-signed')],
  },
  {
    name: 'device-info-empty',
    about: 'deviceInfo is an empty text.',
    answers: notRegistered(''),
    client: { devices: [met(['information deviceInfo not-described'])] },
    registrationClient: [unseen('not-described')],
  },
  {
    name: 'device-info-null',
    about: 'deviceInfo is null beside an error.',
    answers: notRegistered(null),
    client: { devices: [met(['information deviceInfo not-described'])] },
    registrationClient: [unseen('not-described')],
  },
  {
    name: 'names-in-capitals',
    about: 'Members begin with capitals, as .NET programs write them without being told otherwise.',
    answers: written((list) => ({ text: JSON.stringify((list as Claims[]).map(capitalise)) })),
    client: {
      refused: bothRefused('field-refused', '[0]'),
    },
    registrationClient: [unseen('member-unknown')],
  },
  {
    name: 'error-object-alone',
    about: 'Both answers are a list with an error and no device: none is connected.',
    answers: both([NONE_CONNECTED], [NONE_CONNECTED]),
    client: {},
    registrationClient: [],
  },
  {
    name: 'error-beside-a-device',
    about: 'One element is a device, the other an error without one.',
    answers: both(
      [discovered(SLAP), { error: { errorCode: '106', errorInfo: 'Device not found' } }],
      [registered(SLAP), { error: SUCCESS }],
    ),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
])

function capitalise(members: Claims): object {
  return Object.fromEntries(
    Object.entries(members).map(([name, value]) => [
      `${name[0]?.toUpperCase()}${name.slice(1)}`,
      value,
    ]),
  )
}
