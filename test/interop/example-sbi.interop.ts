import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { explainPorts } from '../../packages/client/src/explain/explain-ports.ts'
import type { PortExplanation } from '../../packages/client/src/explain/explanation.ts'
import { CORPUS_DIRECTORY } from '../../packages/simulator/src/corpus/read-corpus.ts'
import { versionOf } from './programs.ts'

/** The SBI of docs/integrate, a Java program, as `sanad client explain` sees it. */

const PROGRAM = join(
  import.meta.dirname,
  '..',
  '..',
  'docs',
  'integrate',
  'example-sbi',
  'ExampleSbi.java',
)
const SERIAL_NO = 'EXQ100A2600001'
/** Inside the range where clients look, and not where the other tests begin. */
const PORT = 4597
/** Java compiles the program first. */
const LONGEST_START_MS = 60_000

let folder: string
let sbi: ChildProcess | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sanad-example-sbi-'))
})
afterEach(async () => {
  if (sbi !== undefined && sbi.exitCode === null) {
    sbi.kill()
    await once(sbi, 'exit')
  }
  rmSync(folder, { recursive: true })
})

const missing = versionOf(['javac', '-version']) === undefined ? 'no JDK (javac)' : undefined

/** Until it says that it listens. */
async function startSbi(...mistake: string[]): Promise<void> {
  sbi = spawn('java', [PROGRAM, String(PORT), folder, ...mistake], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: 120_000,
  })
  const stdout = sbi.stdout
  if (stdout === null) throw new Error('no output')
  await once(createInterface({ input: stdout }), 'line', {
    signal: AbortSignal.timeout(LONGEST_START_MS),
  })
}

/** As the management client leaves it; key and certificate are those of the corpus. */
function handOver(): void {
  const keys = JSON.parse(readFileSync(join(CORPUS_DIRECTORY, 'keys.json'), 'utf8')) as Record<
    string,
    { readonly key: string; readonly certificate: string }
  >
  mkdirSync(join(folder, SERIAL_NO))
  const { key = '', certificate = '' } = keys['device'] ?? {}
  writeFileSync(join(folder, SERIAL_NO, 'device-key.pem'), key)
  writeFileSync(join(folder, SERIAL_NO, 'device-certificate.pem'), certificate)
}

async function explain(): Promise<PortExplanation> {
  const [port] = await explainPorts({
    ports: { from: PORT, to: PORT },
    isAsked: true,
    timeoutMs: 10_000,
    signal: AbortSignal.timeout(60_000),
    chipLinks: undefined,
    said: new Map(),
  })
  if (port === undefined) throw new Error('nothing explained')
  return port
}

it('the example SBI is right before and after its registration', async (test) => {
  if (missing !== undefined) return test.skip(missing)
  await startSbi()
  expect(await explain()).toMatchObject({
    isWell: true,
    devices: [
      {
        serialNo: SERIAL_NO,
        deviceStatus: 'Not Registered',
        tolerated: [],
        registrationClient: { verdict: 'unseen', why: 'not-signed' },
      },
    ],
  })
  handOver()
  expect(await explain()).toMatchObject({
    isWell: true,
    devices: [
      {
        deviceStatus: 'Ready',
        tolerated: [],
        registrationClient: { verdict: 'ready', modality: 'face_face' },
      },
    ],
  })
}, 180_000)

it('the example SBI with a mistake is told which, and what should stand there', async (test) => {
  if (missing !== undefined) return test.skip(missing)
  await startSbi('status')
  const { isWell, devices } = await explain()
  expect(isWell).toBe(false)
  expect(devices[0]?.refused[0]).toMatchObject({
    field: 'deviceStatus',
    found: '"Online"',
    source: 'MDS 0.9.5 › Device Info Response',
  })
}, 180_000)
