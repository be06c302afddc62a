import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DeviceWatch } from '../../packages/client/src/discovery/device-watch.ts'
import { until } from '../../packages/client/test/desk.ts'
import { readField } from '../../packages/client/test/field-sbi.ts'
import { findFreePort } from '../../packages/simulator/src/network/free-ports.ts'
import { run, versionOf } from './programs.ts'

/** The client beside a real program in Java, with the virtual machine's own HTTP server. */

const folder = mkdtempSync(join(tmpdir(), 'sanad-java-sbi-'))
const programs: ChildProcess[] = []
afterAll(() => {
  for (const program of programs) program.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

const missing = versionOf(['javac', '-version']) === undefined
if (missing) process.stdout.write('SKIPPED  java SBI: there is no javac\n')

function start(port: number, flags: readonly string[], delayMs: number): ChildProcess {
  const answers = readField('sbi/reference')
  const files = (['MOSIPDISC', 'MOSIPDINFO'] as const).map((verb) => {
    const file = join(folder, `${verb}.json`)
    writeFileSync(file, JSON.stringify(answers[verb]))
    return file
  })
  const program = spawn(
    'java',
    [...flags, '-Xshare:auto', '-cp', folder, 'JavaSbi', String(port), String(delayMs), ...files],
    { stdio: 'ignore' },
  )
  programs.push(program)
  return program
}

const PATIENCE_MS = 60_000

describe.skipIf(missing)('An SBI in Java', () => {
  beforeAll(() => {
    const source = join(import.meta.dirname, 'java-sbi', 'JavaSbi.java')
    expect(run(['javac', '-d', folder, source])).toMatchObject({ ok: true })
  })

  it.each([
    ['on both stacks', []],
    ['that prefers IPv4', ['-Djava.net.preferIPv4Stack=true']],
  ])('%s is met as soon as it answers, and stays while it is started again', async (_, flags) => {
    const port = await findFreePort()
    const events: string[] = []
    const watch = new DeviceWatch(
      {
        appeared: ({ digitalId }) => events.push(`appeared ${digitalId.serialNo}`),
        changed: () => events.push('changed'),
        gone: () => events.push('gone'),
        noted: ({ code }) => code !== 'client.sbi-not-readable' && events.push(`noted ${code}`),
      },
      // The sweep comes once only: what is met was seen in the kernel's tables.
      { ports: { from: port, to: port }, fullMs: 3_600_000 },
    )
    const stopping = new AbortController()
    const running = watch.run(stopping.signal)
    const first = start(port, flags, 1_000)
    await until(() => watch.sightings.length === 1, PATIENCE_MS)

    first.kill('SIGKILL')
    await once(first, 'exit')
    await until(() => watch.sightings.some((sighting) => watch.isAway(sighting)), PATIENCE_MS)
    start(port, flags, 4_000)
    await until(() => watch.sightings.every((sighting) => !watch.isAway(sighting)), PATIENCE_MS)
    stopping.abort()
    await running
    expect(events).toEqual(['appeared FLD000000000001'])
  })
})
