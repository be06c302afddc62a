import {
  both,
  deviceRefused,
  deviceSaying,
  deviceWith,
  group,
  inBoth,
  listed,
  met,
  ready,
  unseen,
} from '../case.ts'
import {
  FACE,
  type Members,
  NOT_REGISTERED,
  SLAP,
  SUCCESS,
  discovered,
  element,
  encode,
  registered,
  unregistered,
  unregisteredDiscovered,
  unregisteredPayload,
} from '../device.ts'

const unregisteredWith = (discovery: Members, info: Members) =>
  both([unregisteredDiscovered(SLAP, discovery)], [unregistered(SLAP, info)])

const UNREACHABLE = { errorCode: '104', errorInfo: 'Cannot connect to management server' }

export const VALUES = group('values', [
  {
    name: 'null-where-absent-is-allowed',
    about: 'Members that a Java program did not set are null.',
    answers: both(
      [
        unregisteredDiscovered(SLAP, {
          serviceVersion: null,
          specVersion: null,
          purpose: null,
          error: null,
        }),
      ],
      [
        element(
          encode(
            unregisteredPayload(SLAP, {
              firmware: null,
              serviceVersion: null,
              env: null,
              purpose: null,
            }),
          ),
          { error: null },
        ),
      ],
    ),
    client: { devices: [met()] },
    registrationClient: [unseen('not-signed')],
  },
  {
    name: 'null-in-registered-device',
    about: 'The same of a registered device.',
    answers: deviceWith({
      discovery: {
        serviceVersion: null,
        purpose: null,
        deviceSubId: null,
        callbackId: null,
        error: null,
      },
      info: { serviceVersion: null, firmware: null, env: null, purpose: null, deviceSubId: null },
    }),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'numbers-in-device-sub-id',
    about: 'deviceSubId has numbers, as one page of the specification has it.',
    answers: deviceSaying({ deviceSubId: [1, 2, 3] }),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'numbers-in-place-of-texts',
    about:
      'deviceId, serviceVersion and errorCode are numbers. Jackson reads a number into a text.',
    answers: deviceWith({
      discovery: {
        deviceId: 1,
        serviceVersion: 1.4,
        error: { errorCode: 0, errorInfo: 'Success' },
      },
      info: { deviceId: 1, serviceVersion: 1.4 },
    }),
    client: {
      devices: [met(inBoth('serviceVersion json-type'))],
    },
    registrationClient: [ready()],
  },
  {
    name: 'number-as-firmware',
    about: 'firmware is the number 7. MOSIPDISC is right.',
    answers: unregisteredWith({}, { firmware: 7 }),
    client: { devices: [met(['information firmware json-type'])] },
    registrationClient: [unseen('not-signed')],
  },
  {
    name: 'status-in-capitals',
    about: 'deviceStatus is “READY”. The registration client compares without regard to case.',
    answers: deviceSaying({ deviceStatus: 'READY' }),
    client: { devices: [met(inBoth('deviceStatus case'))] },
    registrationClient: [ready()],
  },
  {
    name: 'status-unknown',
    about: 'deviceStatus is “Fine”, which no edition has.',
    answers: deviceSaying({ deviceStatus: 'Fine' }),
    client: {
      refused: deviceRefused('deviceStatus'),
    },
    registrationClient: [listed('not-ready')],
  },
  {
    name: 'one-odd-neighbour',
    about: 'Two devices; the second has a status that no edition knows. The first is met.',
    answers: both(
      [unregisteredDiscovered(SLAP), unregisteredDiscovered(FACE, { deviceStatus: 'ON' })],
      [unregistered(SLAP), unregistered(FACE, { deviceStatus: 'ON' })],
    ),
    client: {
      devices: [met()],
      refused: deviceRefused('deviceStatus', FACE),
    },
    registrationClient: [unseen('not-signed'), unseen('not-signed', FACE)],
  },
  {
    name: 'purpose-in-other-letters',
    about: 'purpose is “REGISTRATION”.',
    answers: deviceSaying({ purpose: 'REGISTRATION' }),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'one-text-as-spec-version',
    about: 'specVersion is one text in place of a list.',
    answers: deviceSaying({ specVersion: '0.9.5' }),
    client: {
      devices: [met(inBoth('specVersion single-value'))],
    },
    registrationClient: [unseen('wrong-json-type')],
  },
  {
    name: 'one-number-as-device-sub-id',
    about: 'deviceSubId is one number in place of a list.',
    answers: deviceSaying({ deviceSubId: 1 }),
    client: { devices: [met()] },
    registrationClient: [unseen('wrong-json-type')],
  },
  {
    name: 'device-code-differs',
    about:
      'MOSIPDISC has a UUID as deviceCode, as SBIs from before April 2022 do, and MOSIPDINFO has the serial number.',
    answers: deviceWith({ discovery: { deviceCode: '0c54a7a1-7a5f-4d1c-9bcb-3f3c3c3a2f10' } }),
    client: { devices: [met()] },
    registrationClient: [listed('discovery-differs')],
  },
  {
    name: 'device-id-missing-at-discovery',
    about: 'MOSIPDISC has deviceId null, MOSIPDINFO has it.',
    answers: deviceWith({ discovery: { deviceId: null } }),
    client: { devices: [met()] },
    registrationClient: [listed('discovery-differs')],
  },
  {
    name: 'error-in-a-ready-device',
    about: 'The device is Ready, and error says 104: the management server cannot be reached.',
    answers: both(
      [
        discovered(SLAP, {
          error: UNREACHABLE,
        }),
      ],
      [{ ...registered(SLAP), error: UNREACHABLE }],
    ),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'error-info-missing',
    about: 'error has its number alone.',
    answers: both(
      [unregisteredDiscovered(SLAP, { error: { errorCode: NOT_REGISTERED.errorCode } })],
      [{ ...unregistered(SLAP), error: { errorCode: SUCCESS.errorCode } }],
    ),
    client: { devices: [met()] },
    registrationClient: [unseen('not-signed')],
  },
])
