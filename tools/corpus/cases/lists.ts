import {
  both,
  bothRefused,
  group,
  inBoth,
  informationRefused,
  listed,
  met,
  ready,
  refused,
  unseen,
  written,
} from '../case.ts'
import {
  FACE,
  IRIS,
  SLAP,
  discovered,
  element,
  encode,
  registered,
  unregistered,
  unregisteredDiscovered,
} from '../device.ts'

const many = Array.from({ length: 40 }, (_, n) => ({
  ...SLAP,
  serialNo: `EXC${String(n).padStart(6, '0')}`,
}))

export const LISTS = group('lists', [
  {
    name: 'single-object',
    about: 'One object in place of a list, in both answers.',
    answers: {
      MOSIPDISC: { json: unregisteredDiscovered(SLAP) },
      MOSIPDINFO: { json: unregistered(SLAP) },
    },
    client: {
      devices: [met()],
      tolerated: inBoth('single-object'),
    },
    registrationClient: [unseen('not-a-list')],
  },
  {
    name: 'single-object-of-a-registered-device',
    about: 'The same of a registered device.',
    answers: { MOSIPDISC: { json: discovered(SLAP) }, MOSIPDINFO: { json: registered(SLAP) } },
    client: {
      devices: [met()],
      tolerated: inBoth('single-object'),
    },
    registrationClient: [unseen('not-a-list')],
  },
  {
    name: 'empty-lists',
    about: 'What is right: an SBI without a device answers with an empty list.',
    answers: both([], []),
    client: {},
    registrationClient: [],
  },
  {
    name: 'info-lacks-a-device-of-discovery',
    about:
      'MockMDS without the key file of one device names it in MOSIPDISC and leaves it out of MOSIPDINFO.',
    answers: both(
      [discovered(SLAP), discovered(FACE), discovered(IRIS)],
      [unregistered(SLAP, { deviceId: '' }), unregistered(IRIS, { deviceId: '' })],
    ),
    client: {
      devices: [met(), met([], IRIS), met(['information deviceInfo not-described'], FACE)],
    },
    registrationClient: [
      unseen('not-signed'),
      unseen('not-described', FACE),
      unseen('not-signed', IRIS),
    ],
  },
  {
    name: 'discovery-lacks-a-device-of-info',
    about: 'MOSIPDINFO describes a device that MOSIPDISC leaves out.',
    answers: both([discovered(SLAP)], [registered(SLAP), registered(FACE)]),
    client: {
      devices: [met()],
      refused: [refused('device-not-discovered', 'discovery digitalId', FACE.serialNo)],
    },
    registrationClient: [ready(), listed('discovery-differs', FACE)],
  },
  {
    name: 'discovery-empty-info-right',
    about: 'MOSIPDISC gives an empty list and MOSIPDINFO a device.',
    answers: both([], [registered(SLAP)]),
    client: { refused: [refused('device-not-discovered', 'discovery digitalId', SLAP.serialNo)] },
    registrationClient: [listed('discovery-differs')],
  },
  {
    name: 'info-empty-discovery-right',
    about: 'MOSIPDISC gives a device that is not registered and MOSIPDINFO an empty list.',
    answers: both([unregisteredDiscovered(SLAP)], []),
    client: { devices: [met(['information deviceInfo not-described'])] },
    registrationClient: [unseen('not-described')],
  },
  {
    name: 'info-not-answered',
    about: 'MOSIPDISC gives a device of level L0; to MOSIPDINFO the SBI says 405.',
    answers: { MOSIPDISC: { json: [unregisteredDiscovered(SLAP)] } },
    client: {
      refused: informationRefused('status-refused'),
    },
    registrationClient: [unseen('info-not-answered')],
  },
  {
    name: 'discovery-not-answered',
    about: 'MOSIPDINFO gives a registered device; to MOSIPDISC the SBI says 405.',
    answers: { MOSIPDINFO: { json: [registered(SLAP)] } },
    client: {
      refused: [
        refused('status-refused', 'discovery'),
        refused('device-not-discovered', 'discovery digitalId', SLAP.serialNo),
      ],
    },
    registrationClient: [listed('discovery-not-answered')],
  },
  {
    name: 'same-device-twice',
    about: 'The same device stands twice in both answers.',
    answers: both([discovered(SLAP), discovered(SLAP)], [registered(SLAP), registered(SLAP)]),
    client: {
      devices: [met(inBoth('digitalId device-twice'))],
    },
    registrationClient: [ready()],
  },
  {
    name: 'null-in-the-list',
    about: 'One element of each list is null.',
    answers: both([null, discovered(SLAP)], [null, registered(SLAP)]),
    client: {
      devices: [met()],
      refused: bothRefused('field-refused', '[0]'),
    },
    registrationClient: [unseen('null-element')],
  },
  {
    name: 'list-in-a-list',
    about: 'Both answers are a list in a list.',
    answers: both([[discovered(SLAP)]], [[registered(SLAP)]]),
    client: {
      refused: bothRefused('field-refused', '[0]'),
    },
    registrationClient: [unseen('not-a-list')],
  },
  {
    name: 'list-in-an-object',
    about: 'The list stands in an object, as “devices”.',
    answers: written((devices) => ({ json: { devices } })),
    client: {
      refused: bothRefused('field-refused'),
    },
    registrationClient: [unseen('not-a-list')],
  },
  {
    name: 'list-as-text',
    about: 'The list was written as JSON twice: the body is one text.',
    answers: written((list) => ({ json: JSON.stringify(list) })),
    client: {
      refused: bothRefused('field-refused'),
    },
    registrationClient: [unseen('not-a-list')],
  },
  {
    name: 'too-many-devices',
    about: 'Both answers name 40 devices; the client reads 32 of one SBI.',
    answers: both(
      many.map((claims) => ({
        digitalId: encode(claims),
        deviceStatus: 'Not Registered',
        certification: 'L0',
      })),
      many.map((claims) =>
        element(
          encode({
            digitalId: encode(claims),
            deviceStatus: 'Not Registered',
            certification: 'L0',
          }),
        ),
      ),
    ),
    client: {
      devices: many.slice(0, 32).map((claims) => met([], claims)),
      refused: bothRefused('too-many-devices', '[32]'),
    },
    registrationClient: many.map((claims) => unseen('not-signed', claims)),
  },
  {
    name: 'answer-too-large',
    about:
      'Four million spaces stand before the list of MOSIPDINFO. The registration client has no limit; the client has one, so that no SBI fills the memory of the host.',
    answers: {
      MOSIPDISC: { json: [discovered(SLAP)] },
      MOSIPDINFO: { json: [registered(SLAP)], spaces: 4_000_000 },
    },
    client: {
      refused: [
        { answer: 'information', field: '', code: 'client.answer-too-large' },
        {
          serialNo: 'EXC442A2600001',
          answer: 'information',
          field: '',
          code: 'client.answer-too-large',
        },
      ],
    },
    registrationClient: [ready()],
  },
])
