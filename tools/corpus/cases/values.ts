import { both, deviceWith, group, listed, met, ready, refused, unseen } from '../case.ts'
import {
  type Claims,
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

const { serialNo } = SLAP
const unregisteredWith = (discovery: Members, info: Members) =>
  both([unregisteredDiscovered(SLAP, discovery)], [unregistered(SLAP, info)])

/** The same device with other claims, in both answers. */
const claiming = (changes: Members): Claims => ({ ...SLAP, ...changes })

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
    answers: deviceWith({
      discovery: { deviceSubId: [1, 2, 3] },
      info: { deviceSubId: [1, 2, 3] },
    }),
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
      devices: [
        met(['discovery serviceVersion json-type', 'information serviceVersion json-type']),
      ],
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
    name: 'number-as-serial-number',
    about: 'The serial number is a number with more digits than a double holds.',
    answers: {
      MOSIPDISC: {
        text: JSON.stringify([
          unregisteredDiscovered(SLAP, {
            digitalId: encode(
              JSON.stringify(claiming({ serialNo: '@' })).replace('"@"', '90071992547409931234'),
            ),
          }),
        ]),
      },
      MOSIPDINFO: {
        json: [
          unregistered(SLAP, {
            digitalId: encode(
              JSON.stringify(claiming({ serialNo: '@' })).replace('"@"', '90071992547409931234'),
            ),
          }),
        ],
      },
    },
    client: {
      devices: [
        {
          ...met([
            'discovery digitalId.serialNo json-type',
            'information digitalId.serialNo json-type',
          ]),
          serialNo: '90071992547409931234',
        },
      ],
    },
    registrationClient: [
      { serialNo: '90071992547409931234', verdict: 'unseen', why: 'not-signed' },
    ],
  },
  {
    name: 'status-in-capitals',
    about: 'deviceStatus is “READY”. The registration client compares without regard to case.',
    answers: deviceWith({ discovery: { deviceStatus: 'READY' }, info: { deviceStatus: 'READY' } }),
    client: { devices: [met(['discovery deviceStatus case', 'information deviceStatus case'])] },
    registrationClient: [ready()],
  },
  {
    name: 'status-unknown',
    about: 'deviceStatus is “Fine”, which no edition has.',
    answers: deviceWith({ discovery: { deviceStatus: 'Fine' }, info: { deviceStatus: 'Fine' } }),
    client: {
      refused: [
        refused('field-refused', 'information deviceStatus', SLAP.serialNo),
        refused('field-refused', 'discovery deviceStatus', SLAP.serialNo),
      ],
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
      refused: [
        refused('field-refused', 'information deviceStatus', FACE.serialNo),
        refused('field-refused', 'discovery deviceStatus', FACE.serialNo),
      ],
    },
    registrationClient: [unseen('not-signed'), unseen('not-signed', FACE)],
  },
  {
    name: 'type-in-other-letters',
    about:
      'The digital ID says “finger” and “SLAP”. The registration client looks for these words in any letters.',
    answers: deviceWith({ claims: claiming({ type: 'finger', deviceSubType: 'SLAP' }) }),
    client: {
      devices: [
        met([
          'discovery digitalId.type case',
          'discovery digitalId.deviceSubType case',
          'information digitalId.type case',
          'information digitalId.deviceSubType case',
        ]),
      ],
    },
    registrationClient: [{ ...ready(), modality: 'finger_slab' }],
  },
  {
    name: 'type-fingerprint',
    about: 'The digital ID says “Fingerprint”, as 0.9.2 has it.',
    answers: deviceWith({ claims: claiming({ type: 'Fingerprint' }) }),
    client: {
      devices: [
        met(['discovery digitalId.type older-value', 'information digitalId.type older-value']),
      ],
    },
    registrationClient: [{ ...ready(), modality: 'finger_slab' }],
  },
  {
    name: 'type-by-code',
    about: 'The digital ID says “FIR”, the code of a fingerprint record.',
    answers: deviceWith({ claims: claiming({ type: 'FIR' }) }),
    client: {
      devices: [
        met(['discovery digitalId.type older-value', 'information digitalId.type older-value']),
      ],
    },
    registrationClient: [{ ...ready(), modality: 'finger_slab' }],
  },
  {
    name: 'type-unknown',
    about: 'The digital ID says “Palm”.',
    answers: deviceWith({ claims: claiming({ type: 'Palm' }) }),
    client: {
      refused: [
        refused('field-refused', 'information digitalId.type', SLAP.serialNo),
        refused('field-refused', 'discovery digitalId.type', SLAP.serialNo),
      ],
    },
    registrationClient: [unseen('type-unknown')],
  },
  {
    name: 'sub-type-touchless',
    about:
      'A contactless finger device: the specification has “Touchless”, the registration client has no such modality.',
    answers: deviceWith({ claims: claiming({ deviceSubType: 'Touchless' }) }),
    client: { devices: [met()] },
    registrationClient: [unseen('type-unknown')],
  },
  {
    name: 'milliseconds-in-digital-id',
    about:
      'dateTime has milliseconds, as SBIs of the 1.1.5 generation write it. The registration processor refuses packets with it.',
    answers: deviceWith({ claims: claiming({ dateTime: '2026-11-30T12:00:00.123Z' }) }),
    client: {
      devices: [
        met(['discovery digitalId.dateTime time-form', 'information digitalId.dateTime time-form']),
      ],
    },
    registrationClient: [ready()],
  },
  {
    name: 'offset-in-digital-id',
    about: 'dateTime is of a time zone, as the specification had it until April 2021.',
    answers: deviceWith({ claims: claiming({ dateTime: '2026-11-30T17:30:00+05:30' }) }),
    client: {
      devices: [
        met(['discovery digitalId.dateTime time-form', 'information digitalId.dateTime time-form']),
      ],
    },
    registrationClient: [ready()],
  },
  {
    name: 'epoch-in-digital-id',
    about: 'dateTime is a number of milliseconds since 1970.',
    answers: deviceWith({ claims: claiming({ dateTime: 1_796_040_000_000 }) }),
    client: {
      devices: [
        met([
          'discovery digitalId.dateTime json-type',
          'discovery digitalId.dateTime time-form',
          'information digitalId.dateTime json-type',
          'information digitalId.dateTime time-form',
        ]),
      ],
    },
    registrationClient: [ready()],
  },
  {
    name: 'time-missing-in-digital-id',
    about: 'The digital ID has no dateTime.',
    answers: deviceWith({ claims: claiming({ dateTime: undefined }) }),
    client: {
      devices: [
        met(['discovery digitalId.dateTime absent', 'information digitalId.dateTime absent']),
      ],
    },
    registrationClient: [ready()],
  },
  {
    name: 'empty-provider-id',
    about: 'Three devices; the second has an empty deviceProviderId. The others are met.',
    answers: both(
      [discovered(SLAP), discovered({ ...FACE, deviceProviderId: '' })],
      [registered(SLAP), registered({ ...FACE, deviceProviderId: '' })],
    ),
    client: {
      devices: [met()],
      refused: [
        refused('field-refused', 'information digitalId.deviceProviderId', FACE.serialNo),
        refused('field-refused', 'discovery digitalId.deviceProviderId', FACE.serialNo),
      ],
    },
    registrationClient: [ready(), ready(FACE)],
  },
  {
    name: 'serial-number-with-spaces',
    about: 'The serial number ends in spaces, from a field of fixed length.',
    answers: deviceWith({ claims: claiming({ serialNo: `${serialNo}  ` }) }),
    client: { devices: [{ ...met([]), serialNo: 'EXC442A2600001  ' }] },
    registrationClient: [{ ...ready(), serialNo: `${serialNo}  ` }],
  },
  {
    name: 'serial-number-too-long',
    about: 'The serial number has 80 characters; MOSIP stored 64.',
    answers: deviceWith({ claims: claiming({ serialNo: 'EXC'.padEnd(80, '0') }) }),
    client: {
      refused: [
        refused(
          'field-refused',
          'information digitalId.serialNo',
          'EXC00000000000000000000000000000000000000000000000000000000000000000000000000000',
        ),
        refused(
          'field-refused',
          'discovery digitalId.serialNo',
          'EXC00000000000000000000000000000000000000000000000000000000000000000000000000000',
        ),
      ],
    },
    registrationClient: [{ ...ready(), serialNo: 'EXC'.padEnd(80, '0') }],
  },
  {
    name: 'purpose-in-other-letters',
    about: 'purpose is “REGISTRATION”.',
    answers: deviceWith({
      discovery: { purpose: 'REGISTRATION' },
      info: { purpose: 'REGISTRATION' },
    }),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'one-text-as-spec-version',
    about: 'specVersion is one text in place of a list.',
    answers: deviceWith({ discovery: { specVersion: '0.9.5' }, info: { specVersion: '0.9.5' } }),
    client: {
      devices: [
        met(['discovery specVersion single-value', 'information specVersion single-value']),
      ],
    },
    registrationClient: [unseen('wrong-json-type')],
  },
  {
    name: 'one-number-as-device-sub-id',
    about: 'deviceSubId is one number in place of a list.',
    answers: deviceWith({ discovery: { deviceSubId: 1 }, info: { deviceSubId: 1 } }),
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
    name: 'digital-ids-differ',
    about:
      'MOSIPDISC and MOSIPDINFO name different makes for one serial number. What is signed counts.',
    answers: both([discovered({ ...SLAP, make: 'Exemplar' })], [registered(SLAP)]),
    client: { devices: [met(['discovery digitalId.make other-answer'])] },
    registrationClient: [ready()],
  },
  {
    name: 'error-in-a-ready-device',
    about: 'The device is Ready, and error says 104: the management server cannot be reached.',
    answers: both(
      [
        discovered(SLAP, {
          error: { errorCode: '104', errorInfo: 'Cannot connect to management server' },
        }),
      ],
      [registered(SLAP)].map((one) => ({
        ...one,
        error: { errorCode: '104', errorInfo: 'Cannot connect to management server' },
      })),
    ),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'error-info-missing',
    about: 'error has its number alone.',
    answers: both(
      [unregisteredDiscovered(SLAP, { error: { errorCode: NOT_REGISTERED.errorCode } })],
      [unregistered(SLAP)].map((one) => ({ ...one, error: { errorCode: SUCCESS.errorCode } })),
    ),
    client: { devices: [met()] },
    registrationClient: [unseen('not-signed')],
  },
])
