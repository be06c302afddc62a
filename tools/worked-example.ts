import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeVectors } from './make-vectors.ts'

/** Writes docs/protocol-worked-example.md: three exchanges of the vectors, from keys to bytes. */

export const WORKED_EXAMPLE = join(import.meta.dirname, '..', 'docs', 'protocol-worked-example.md')

type Vectors = Awaited<ReturnType<typeof makeVectors>>['messages']
type Message = Vectors['requests'][number] | Vectors['answers'][number]

const HEAD = `# Worked bytes: a registration, a check-in, a rotation

Three exchanges of one L0 device, with every value between the keys and the bytes on the wire. They are vectors of \`packages/protocol/src/wire/vectors/messages.json\`, the private keys are in \`keys.json\` beside it; \`node tools/worked-example.ts\` makes this page from them, and a test holds it to that. [protocol.md](protocol.md) says what the steps are for.

Long values are broken into lines of 120 characters; the lines belong together without anything between them. The keys are for tests only.
`

const breakLines = (text: string): string => text.match(/.{1,120}/gsu)?.join('\n') ?? ''
const block = (text: string): string => `\`\`\`\n${breakLines(text)}\n\`\`\`\n`
const step = (what: string, value: string): string => `${what}\n\n${block(value)}`

export async function makeWorkedExample(): Promise<string> {
  const { messages } = await makeVectors()
  return [
    HEAD,
    describeKeys(messages),
    '## 1. The registration\n',
    'The challenge was asked for before, in the same way: vectors `l0-registration-challenge` and `l0-challenge`.\n',
    describeExchange(messages, 'l0-registration', 'l0-registered'),
    '## 2. A check-in\n',
    describeExchange(messages, 'l0-check-in', 'l0-checked-in'),
    '## 3. A rotation\n',
    describeExchange(messages, 'l0-key-rotation', 'l0-rotated'),
  ].join('\n')
}

function describeKeys({ server, serverKey, certificates, subjects }: Vectors): string {
  return [
    '## Keys and names\n',
    step('Server (`aud`)', server),
    step(
      "Device (`sub`): make `Vector Works`, model `Gerät 0`, serial number `VECTOR '(2)!*~`",
      subjects.L0,
    ),
    step('The server’s X25519 key, private (`d`)', serverKey.d),
    step('The same, public (`x` of the statement)', serverKey.x),
    step('Its `kid`', serverKey.kid),
    step('The management root, DER, base64', certificates['management-root'] ?? ''),
  ].join('\n')
}

function describeExchange(vectors: Vectors, requestName: string, answerName: string): string {
  const request = vectors.requests.find(({ name }) => name === requestName)
  const answer = vectors.answers.find(({ name }) => name === answerName)
  if (request === undefined || answer === undefined) throw new Error(requestName)
  const { digitalId } = JSON.parse(request.payload) as { digitalId: string }
  return [
    '### The digital ID\n',
    step('Header', decode(digitalId, 0)),
    step('Payload', decode(digitalId, 1)),
    '### The request\n',
    step('One-time X25519 key of the answer, private', request.replyPrivateKey),
    ...describeMessage(request),
    '### The answer\n',
    ...describeMessage(answer),
  ].join('\n')
}

const decode = (jws: string, part: number): string =>
  Buffer.from(jws.split('.')[part] ?? '', 'base64url').toString()

function describeMessage({ header, payload, jws, encryption, message }: Message): string[] {
  const [, , signature = ''] = jws.split('.')
  const [, , , , tag = ''] = message.split('.')
  return [
    step('JWS header', header),
    step('JWS payload', payload),
    step(
      'Signing input: base64url(header) `.` base64url(payload)',
      jws.slice(0, -signature.length - 1),
    ),
    step('Signature, base64url', signature),
    step('JWE header; `epk` is the ephemeral public key', encryption.header),
    step('Ephemeral private key, base64url', encryption.ephemeralPrivateKey),
    step('Shared secret: X25519 of it and the recipient’s public key', encryption.sharedSecret),
    step('Content key: Concat KDF of the shared secret', encryption.contentKey),
    step('Nonce', encryption.nonce),
    step('Tag', tag),
    step(
      'On the wire: base64url(JWE header) `..` nonce `.` ciphertext `.` tag. The ciphertext is that of the JWS, with base64url(JWE header) as additional data',
      message,
    ),
  ]
}

if (import.meta.main) writeFileSync(WORKED_EXAMPLE, await makeWorkedExample())
