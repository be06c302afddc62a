import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Compile } from 'typebox/compile'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { PlayedCase } from '@sanad/simulator/corpus/played-case'
import { readCase } from '@sanad/simulator/corpus/read-corpus'
import { explainToPerson } from '../src/agent/explain-command.ts'
import { Explanation } from '../src/explain/explanation.ts'
import { runWords } from '../src/agent/command-line.ts'
import { RawSbi, behaveAs, unregistered } from './raw-sbi.ts'

/** `sanad client explain` on ports of this machine, with SBIs out of the corpus. */

const check = Compile(Explanation)
let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sanad-explain-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

interface Explained {
  readonly code: number
  readonly page: string
  readonly verbs: readonly string[]
}

async function explainPort(port: number, asJson = false): Promise<Omit<Explained, 'verbs'>> {
  let page = ''
  const config = { path: join(folder, 'client.yaml'), isNamed: false }
  const code = await explainToPerson({ port, config, asJson }, (text) => {
    page += text
  })
  return { code, page }
}

async function explainCase(name: string, asJson = false): Promise<Explained> {
  await using played = await PlayedCase.open(readCase(name))
  return { ...(await explainPort(played.port, asJson)), verbs: played.verbs }
}

async function explainDevice(device: object): Promise<string> {
  await using sbi = await RawSbi.open()
  sbi.answer = behaveAs('MOSIPDISC', 'MOSIPDINFO', () => device)
  return (await explainPort(sbi.port)).page
}

async function explainAsJson(name: string): Promise<Explanation> {
  const { page } = await explainCase(name, true)
  const explanation: unknown = JSON.parse(page)
  expect([...check.Errors(explanation)]).toEqual([])
  return explanation as Explanation
}

it('ends with 0 for an SBI that the registration client captures from', async () => {
  const { code, page } = await explainCase('reference-l0-registered')
  expect(code).toBe(0)
  expect(page).toContain('sees it as finger_slab, level L0, and')
  expect(page).toContain('All is well. There is nothing to do.')
})

it('names the odd neighbour with its field and the source, and shows the other device', async () => {
  const { code, page } = await explainCase('one-odd-neighbour')
  expect(code).toBe(1)
  expect(page).toContain('EXC442A2600001 · Example Slap 442 · Finger, Slap · L0 · Not Registered')
  expect(page).toMatch(/EXC100A2600003.*\n +reading +NOT UNDERSTOOD\n +refused +deviceStatus/)
  expect(page).toMatch(/there +"ON"\n +should +“Ready”, “Busy”, “Not Ready” or “Not Registered”/)
  expect(page).toContain('source    MDS 0.9.5 › Device Info Response')
})

it.each([
  ['algorithm-in-small-letters', 'deviceInfo.header.alg'],
  ['x5c-missing', 'deviceInfo.header.x5c'],
])('says of %s what should stand in the header', async (name, field) => {
  const { ports } = await explainAsJson(name)
  const findings = ports[0]?.devices.flatMap(({ refused }) => refused)
  expect(findings).toMatchObject([
    { field, should: 'alg “RS256”, typ “JWT” and x5c', source: 'MDS 0.9.5 › Signature' },
  ])
})

it('says of a member of another edition that another member should stand there', async () => {
  const page = await explainDevice({ ...unregistered(), firmwareVersion: '1' })
  expect(page).toMatch(/firmwareVersion, in .*\n.*\n +should +the members of the specification/)
})

it('does not take a device for wrong that only waits for its registration', async () => {
  const { code, page } = await explainCase('reference-l0-not-registered')
  expect(code).toBe(0)
  expect(page).toContain('A device appears once it is registered.')
})

it('says of edition 1.0 at which level and for which modality the registration client sees it', async () => {
  const { isWell, ports } = await explainAsJson('edition-1.0-wrapped')
  expect(isWell).toBe(true)
  expect(ports[0]?.devices[0]?.registrationClient).toMatchObject({
    verdict: 'ready',
    modality: 'finger_slab',
    level: 'SBI 2.0',
  })
})

it('says which proof of an L1 device is missing for the management server', async () => {
  const { ports } = await explainAsJson('digital-id-of-a-chip-with-milliseconds')
  const [device] = ports[0]?.devices ?? []
  expect(device?.isUnderstood).toBe(true)
  expect(device?.server.find(({ state }) => state === 'missing')?.words).toContain(
    'digitalId.dateTime',
  )
  expect(device?.next).toMatch(/^For the management server: /)
})

it('says what comes when a program is not HTTP, and what should', async () => {
  const { code, page } = await explainCase('ssh')
  expect(code).toBe(1)
  expect(page).toContain('client.sbi-not-http')
  expect(page).toContain('HTTP/1.1, without TLS')
})

it('finds a program that listens at ::1 alone, and says that MOSIP asks 127.0.0.1', async () => {
  const { code, page } = await explainCase('listens-on-ipv6-only')
  expect(code).toBe(1)
  expect(page).toContain('but not at 127.0.0.1')
})

it('says slow, not absent, of an SBI that answers after the registration client has gone', async () => {
  const { ports } = await explainAsJson('slow-info')
  const [device] = ports[0]?.devices ?? []
  expect(device?.isUnderstood).toBe(true)
  expect(device?.registrationClient).toMatchObject({ verdict: 'unseen', why: 'answer-late' })
}, 60_000)

it('ends with 1 where nothing answers on the port', async () => {
  const played = await PlayedCase.open(readCase('empty-lists'))
  const { port } = played
  await played[Symbol.asyncDispose]()
  const { code, page } = await explainPort(port)
  expect(code).toBe(1)
  expect(page).toContain('Start the SBI')
})

it.each([
  'one-odd-neighbour',
  'edition-1.0-wrapped',
  'status-500',
  'binary',
  'three-devices-on-a-port',
])('fits %s into 80 columns', async (name) => {
  const { page } = await explainCase(name)
  expect(page.split('\n').filter((line) => line.length > 80)).toEqual([])
})

it('prints no control character that an SBI sends', async () => {
  const page = await explainDevice(
    unregistered({ make: 'Ex\u001B[31mample', serialNo: 'EXM\u001B]0;' }),
  )
  expect(page).toContain('EXM?]0; · Ex?[31mample')
  expect(page.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u)
})

it('asks by the verbs of discovery alone, also an SBI that answers every verb', async () => {
  const { verbs } = await explainCase('every-verb-answered')
  expect(verbs.filter((verb) => !/^(?:MOSIPDISC|MOSIPDINFO|SBIDISC|SBIINFO)$/.test(verb))).toEqual(
    [],
  )
})

it('names a configuration that was asked for and is not there', async () => {
  const words = ['explain', '4501', '--config', join(folder, 'absent.yaml')]
  expect(await runWords(words)).toBe(1)
})

it('refuses what is not a port as a usage error', async () => {
  expect(await runWords(['explain', 'camera'])).toBe(2)
})
