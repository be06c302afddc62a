import { bothRefused, deviceWith, group, met, ready, refused, unseen } from '../case.ts'

const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64')

export const PORTS = group('ports', [
  {
    name: 'listens-on-all-addresses',
    about:
      'The SBI listens on ::, as Java’s ServerSocket and Node do unless they are told otherwise. It is reached at 127.0.0.1, and stands in another table of the kernel.',
    listen: { address: '::' },
    answers: deviceWith({}),
    client: { devices: [met()] },
    registrationClient: [ready()],
  },
  {
    name: 'listens-on-ipv6-only',
    about:
      'The SBI listens on ::1 alone, as “localhost” means on some hosts. Nothing answers at 127.0.0.1.',
    listen: { address: '::1' },
    answers: deviceWith({}),
    client: { refused: [refused('not-readable', 'discovery')] },
    registrationClient: [unseen('no-connection')],
  },
  {
    name: 'tls',
    about: 'The SBI speaks TLS, where the specification has HTTP.',
    listen: { tls: true },
    answers: deviceWith({}),
    client: {
      refused: bothRefused('not-readable'),
    },
    registrationClient: [unseen('hung-up')],
  },
  {
    name: 'ssh',
    about: 'Another program has the port and speaks first: SSH.',
    listen: { greeting: base64('SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n') },
    otherwise: { raw: '' },
    client: { refused: bothRefused('not-http') },
    registrationClient: [],
  },
  {
    name: 'redis',
    about: 'Another program has the port and answers in a protocol of its own.',
    otherwise: {
      raw: base64("-ERR unknown command 'MOSIPDISC', with args beginning with: '/device'\r\n"),
    },
    client: { refused: bothRefused('not-http') },
    registrationClient: [],
  },
  {
    name: 'binary',
    about: 'The answer is octets of no protocol.',
    otherwise: {
      raw: Buffer.from([0x00, 0xff, 0x13, 0x37, 0x0d, 0x0a, 0x0d, 0x0a]).toString('base64'),
    },
    client: { refused: bothRefused('not-http') },
    registrationClient: [],
  },
  {
    name: 'silent',
    about: 'A program takes connections and never answers.',
    otherwise: { hangs: true },
    client: { refused: bothRefused('too-slow') },
    registrationClient: [],
  },
  {
    name: 'closes-at-once',
    about: 'A program takes connections and closes them at once.',
    listen: { closes: true },
    client: {
      refused: bothRefused('not-readable'),
    },
    registrationClient: [],
  },
  {
    name: 'closes-after-the-question',
    about: 'A program reads the question and closes the connection.',
    otherwise: { raw: '' },
    client: {
      refused: bothRefused('not-readable'),
    },
    registrationClient: [],
  },
])
