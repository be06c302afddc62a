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
  IRIS,
  type Members,
  SLAP,
  SUCCESS,
  described,
  discovered,
  element,
  registered,
  signed,
  unregistered,
  unregisteredDiscovered,
  without,
} from '../device.ts'

const chipSigned = signed(SLAP, { key: 'chip' })

/** SBI 1.0: the serial number in place of deviceId and deviceCode, and the levels by their new names. */
const newNames = (members: Members): Members => ({
  ...without(members, 'deviceId', 'deviceCode'),
  serialNo: SLAP.serialNo,
  certification: 'SBI 2.0',
  specVersion: ['1.0'],
})
const discovery10 = newNames(discovered(SLAP))
const payload10 = newNames(described(SLAP, { digitalId: chipSigned }))
const wrapped = signed({ deviceInfo: payload10, error: SUCCESS })

export const EDITIONS = group('editions', [
  {
    name: 'reference-l0-registered',
    about:
      'What is right: a registered device of level L0. Description and digital ID are signed by the key that the management client handed over.',
    answers: deviceWith({}),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'reference-l0-not-registered',
    about:
      'What is right: a device of level L0 that has no certificate yet. Nothing is signed, env is None, purpose is empty.',
    answers: both([unregisteredDiscovered(SLAP)], [unregistered(SLAP)]),
    client: { devices: [met()] },
    registrationClient: [unseen('not-signed')],
  },
  {
    name: 'reference-l1-registered',
    about:
      'What is right: a registered device of level L1. The digital ID is signed by the chip, the description by the device key.',
    answers: deviceWith({
      discovery: { certification: 'L1' },
      info: { certification: 'L1', digitalId: chipSigned },
    }),
    client: { devices: [met([], SLAP, 'L1')] },
    registrationClient: [ready()],
  },
  {
    name: 'reference-l1-not-registered',
    about:
      'What is right: a device of level L1 without a certificate. The description is not signed, the digital ID is: the chip signs it always.',
    answers: both(
      [unregisteredDiscovered(SLAP, { certification: 'L1' })],
      [unregistered(SLAP, { certification: 'L1', digitalId: chipSigned })],
    ),
    client: { devices: [met([], SLAP, 'L1')] },
    registrationClient: [unseen('not-signed')],
  },
  {
    name: 'three-devices-on-a-port',
    about: 'What is right: one SBI with a finger, an iris and a face device.',
    answers: both(
      [SLAP, IRIS, FACE].map((claims) => discovered(claims)),
      [SLAP, IRIS, FACE].map((claims) => registered(claims)),
    ),
    client: { devices: [met(), met([], IRIS), met([], FACE)] },
    registrationClient: [ready(), ready(IRIS), ready(FACE)],
  },
  {
    name: 'busy',
    about: 'What is right: the device is in use.',
    answers: deviceWith({
      discovery: { deviceStatus: 'Busy', error: { errorCode: '111', errorInfo: 'Device busy' } },
      info: { deviceStatus: 'Busy' },
    }),
    client: { devices: [met()] },
    registrationClient: [listed('not-ready')],
  },
  {
    name: 'not-ready',
    about: 'What is right: the device is there and cannot work now.',
    answers: deviceWith({
      discovery: {
        deviceStatus: 'Not Ready',
        error: { errorCode: '110', errorInfo: 'Device not ready' },
      },
      info: { deviceStatus: 'Not Ready' },
    }),
    client: { devices: [met()] },
    registrationClient: [listed('not-ready')],
  },
  {
    name: 'edition-1.0-wrapped',
    edition: '1.0',
    about:
      'Edition 1.0 as the registration client reads it: inside the signature stand deviceInfo and error. It asks MOSIPDINFO first and SBIDISC before a capture.',
    answers: {
      MOSIPDISC: { json: [discovery10] },
      SBIDISC: { json: [discovery10] },
      MOSIPDINFO: { json: [element(wrapped)] },
      SBIINFO: { json: [element(wrapped)] },
    },
    client: { devices: [met(['information deviceInfo.deviceInfo wrapped'], SLAP, 'L1')] },
    registrationClient: [ready()],
  },
  {
    name: 'edition-1.0-wrapped-old-verbs-only',
    edition: '1.0',
    about: 'The same, answered to MOSIPDISC and MOSIPDINFO alone.',
    answers: both([discovery10], [element(wrapped)]),
    client: { devices: [met(['information deviceInfo.deviceInfo wrapped'], SLAP, 'L1')] },
    registrationClient: [listed('discovery-not-answered')],
  },
  {
    name: 'edition-1.0-new-verbs-only',
    edition: '1.0',
    about:
      'Edition 1.0 to the letter: SBIDISC and SBIINFO, and 405 to the verbs of 0.9.5. The registration client never sends SBIINFO.',
    answers: { SBIDISC: { json: [discovery10] }, SBIINFO: { json: [element(signed(payload10))] } },
    client: { devices: [met([], SLAP, 'L1')] },
    registrationClient: [unseen('info-not-answered')],
  },
  {
    name: 'edition-1.0-flat',
    edition: '1.0',
    about:
      'Edition 1.0 with the payload as its text has it, flat. The registration client reads the flat form by its class for 0.9.5, and looks for the device by the class for 1.0, because specVersion says so.',
    answers: {
      MOSIPDISC: { json: [discovery10] },
      SBIDISC: { json: [discovery10] },
      MOSIPDINFO: { json: [element(signed(payload10))] },
      SBIINFO: { json: [element(signed(payload10))] },
    },
    client: { devices: [met([], SLAP, 'L1')] },
    registrationClient: [ready()],
  },
  {
    name: 'edition-1.0-named-beside-0.9.5',
    about:
      'specVersion names 1.0 beside 0.9.5. The registration client takes the highest, so it asks SBIDISC before a capture, which this SBI does not know.',
    answers: deviceSaying({ specVersion: ['0.9.5', '1.0'] }),
    client: { devices: [met()] },
    registrationClient: [listed('discovery-not-answered')],
  },
  {
    name: 'edition-1.0.0',
    edition: '1.0',
    about:
      'specVersion says 1.0.0, which the compliance toolkit takes. The registration client has no class of that name.',
    answers: deviceSaying({ specVersion: ['1.0.0'] }),
    client: { devices: [met()] },
    registrationClient: [unseen('edition-unknown')],
  },
  {
    name: 'edition-0.9.2',
    edition: '0.9.2',
    about:
      'The form of 0.9.2: a digital ID with subType beside deviceSubType, and a time with an offset.',
    answers: deviceWith({
      claims: { ...SLAP, subType: 'Slap', dateTime: '2026-11-30T15:00:00+03:00' },
      discovery: { specVersion: ['0.9.2'] },
      info: { specVersion: ['0.9.2'] },
    }),
    client: {
      devices: [met(inBoth('digitalId.dateTime time-form'))],
    },
    registrationClient: [unseen('member-unknown')],
  },
  {
    name: 'edition-0.9.2-by-name',
    edition: '0.9.2',
    about: 'An SBI of 0.9.2 that writes what 0.9.5 writes.',
    answers: deviceSaying({ specVersion: ['0.9.2'] }),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'no-edition',
    about: 'specVersion is missing in both answers.',
    answers: both(
      [without(discovered(SLAP), 'specVersion')],
      [element(signed(without(described(SLAP), 'specVersion')))],
    ),
    client: { devices: [met()] },
    registrationClient: [listed('edition-unknown')],
  },
  {
    name: 'mock-mds-without-key',
    about:
      'MockMDS without its key file: MOSIPDISC says Ready, MOSIPDINFO says Not Registered and is not signed.',
    answers: both([discovered(SLAP)], [unregistered(SLAP, { deviceId: '', env: 'Staging' })]),
    client: { devices: [met()] },
    registrationClient: [unseen('not-signed')],
  },
  {
    name: 'level-by-long-name',
    about: 'certification is “SBI CL 1.0”, as the compliance level is also written.',
    answers: deviceSaying({ certification: 'SBI CL 1.0' }),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'level-l2',
    about: 'certification is L2, which stood in the specification until March 2021.',
    answers: deviceSaying({ certification: 'L2' }),
    client: {
      refused: deviceRefused('certification'),
    },
    registrationClient: [ready()],
  },
])
