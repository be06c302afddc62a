import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeServerStatement } from '@sanad/protocol/wire/envelope/server-statement'
import { formatTimestamp } from '@sanad/protocol/text/timestamps'
import { parseCertificate } from '@sanad/protocol/asn1/x509'
import { DAY_MS } from '@sanad/protocol/text/durations'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeAuthority } from '../../test/test-pki.ts'
import { makeSigner } from '../../test/server-answers.ts'
import { type TimeQuestion, TimeReceipts } from './time-receipts.ts'
import { type VerifiedLine, verifyReceipts } from './verify-receipts.ts'

const root = makeAuthority('Management root')
const otherRoot = makeAuthority('Management root')
const signer = makeSigner(root)
const T = Date.now()

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sanad-receipts-'))
  path = join(folder, 'receipts')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const stateTime = ({ nonce }: TimeQuestion, midpoint: number, by = signer) =>
  makeServerStatement(
    {
      v: 1,
      iss: 'server.test',
      nonce,
      ts: formatTimestamp(midpoint),
      time: { midpoint, radius: 20 },
      encryptionKey: { kid: 'k', kty: 'OKP', crv: 'X25519', x: 'A'.repeat(43) },
      notAfter: formatTimestamp(midpoint + DAY_MS),
    },
    by,
  )

async function collect(count: number, stepMs = 60_000): Promise<TimeReceipts> {
  const receipts = await TimeReceipts.open(path)
  for (let index = 0; index < count; index++) {
    const question = receipts.ask()
    await receipts.keep(question, await stateTime(question, T + index * stepMs))
  }
  return receipts
}

const readReceiptLines = async () => (await readFile(path, 'utf8')).split('\n').slice(0, -1)

async function verify(lines: readonly string[], by = root): Promise<VerifiedLine[]> {
  const verified: VerifiedLine[] = []
  for await (const line of verifyReceipts(lines, [parseCertificate(by.der)])) verified.push(line)
  return verified
}
const faultsOf = (lines: readonly VerifiedLine[]) =>
  lines.flatMap(({ line, faults }) => faults.map((fault) => `${line} ${fault}`))

describe('receipts of trusted time', () => {
  it('proves the times of a client, in order, with the root alone', async () => {
    await collect(4)
    const verified = await verify(await readReceiptLines())
    expect(faultsOf(verified)).toEqual([])
    expect(verified.map(({ time }) => time)).toEqual([0, 1, 2, 3].map((n) => T + n * 60_000))
    expect((await stat(path)).mode & 0o077).toBe(0)
  })

  it.each<[string, (lines: string[]) => string[], string[]]>([
    ['taken out', ([a, , c, d]) => [a!, c!, d!], ['2 chain-broken']],
    ['taken out at the beginning', ([, ...rest]) => rest, ['1 chain-broken']],
    [
      'moved',
      ([a, b, c, d]) => [a!, c!, b!, d!],
      ['2 chain-broken', '3 chain-broken', '3 time-went-back', '4 chain-broken'],
    ],
    ['repeated', ([a, b, c, d]) => [a!, b!, b!, c!, d!], ['3 chain-broken']],
    [
      'altered',
      ([a, b, c, d]) => [
        a!,
        b!.replace(/(.)"}$/, (_, end) => (end === 'A' ? 'Q"}' : 'A"}')),
        c!,
        d!,
      ],
      ['2 not-authentic', '3 chain-broken'],
    ],
    [
      'given other random bytes',
      ([a, b, c, d]) => [
        a!,
        b!.replace(/"random":"[^"]*"/, `"random":"${'A'.repeat(43)}"`),
        c!,
        d!,
      ],
      ['2 wrong-nonce'],
    ],
    [
      'declared to be thinned out',
      ([a, , c, d]) => [a!, '{"thinned":1}', c!, d!],
      ['2 gap-too-recent'],
    ],
    [
      'made unreadable',
      ([a, b, ...rest]) => [a!, `${b!}x`, ...rest],
      ['2 unreadable', '3 chain-broken'],
    ],
  ])('finds a receipt that was %s', async (_, tamper, faults) => {
    await collect(4)
    expect(faultsOf(await verify(tamper(await readReceiptLines())))).toEqual(faults)
  })

  it('finds a receipt of another root, and finds all of them wrong under another root', async () => {
    const receipts = await collect(1)
    const question = receipts.ask()
    await receipts.keep(question, await stateTime(question, T + 1000, makeSigner(otherRoot)))
    const lines = await readReceiptLines()
    expect(faultsOf(await verify(lines))).toEqual(['2 not-authentic'])
    expect(faultsOf(await verify(lines, otherRoot))).toEqual(['1 not-authentic'])
  })

  it('reports a time that went back without an order', async () => {
    const receipts = await collect(2)
    const question = receipts.ask()
    await receipts.keep(question, await stateTime(question, T + 59_000))
    expect(faultsOf(await verify(await readReceiptLines()))).toEqual(['3 time-went-back'])
  })

  it('continues the receipts after a restart, also after a power cut in the middle of a line', async () => {
    await collect(2)
    await appendFile(path, '{"previous":"half of a li')
    const receipts = await TimeReceipts.open(path)
    const question = receipts.ask()
    await receipts.keep(question, await stateTime(question, T + DAY_MS))
    const verified = await verify(await readReceiptLines())
    expect(verified).toHaveLength(3)
    expect(faultsOf(verified)).toEqual([])
  })

  it('keeps the newest thousand receipts and one of each earlier day, and counts the others', async () => {
    const receipts = await collect(1_250, DAY_MS / 10)
    const question = receipts.ask()
    await receipts.keep(question, await stateTime(question, T + 200 * DAY_MS))
    const verified = await verify(await readReceiptLines())
    const kept = verified.filter(({ kind }) => kind === 'time').length
    const gone = verified.reduce((sum, { thinned = 0 }) => sum + thinned, 0)
    expect(kept + gone).toBe(1_251)
    // 1,200 made it thin out: 200 older ones, over some 20 days; the others came later.
    expect(gone).toBeGreaterThan(170)
    expect(faultsOf(verified)).toEqual([])
    // What is gone is named; nobody can hide more of the thousand in it.
    const lines = await readReceiptLines()
    const without = lines.filter((_, index) => index !== lines.length - 3)
    expect(faultsOf(await verify(without))).toEqual([`${lines.length - 2} chain-broken`])
  }, 60_000)

  it('does not follow a link in place of the receipts', async () => {
    await writeFile(join(folder, 'elsewhere'), 'x')
    const { symlink } = await import('node:fs/promises')
    await symlink(join(folder, 'elsewhere'), path)
    await expect(TimeReceipts.open(path)).rejects.toMatchObject({ code: 'client.storage-failed' })
    expect(await readFile(join(folder, 'elsewhere'), 'utf8')).toBe('x')
  })
})
