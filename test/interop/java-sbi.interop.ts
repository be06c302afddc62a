import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { DeviceWatch } from '../../packages/client/src/discovery/device-watch.ts'
import { readField } from '../../packages/client/test/field-sbi.ts'

/** The client beside a real program in Java, with the virtual machine's own HTTP server. */

const folder = mkdtempSync(join(tmpdir(), 'sanad-java-sbi-'))
const programs: ChildProcess[] = []
afterAll(() => {
  for (const program of programs) program.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** @returns undefined where there is no JDK */
function compile(): string | undefined {
  try {
    const source = join(import.meta.dirname, 'java-sbi', 'JavaSbi.java')
    execFileSync('javac', ['-d', folder, source], { stdio: 'pipe', timeout: 60_000 })
    return folder
  } catch {
    return undefined
  }
}

const compiled = compile()
if (compiled === undefined) process.stdout.write('SKIPPED  java SBI: there is no javac\n')

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return address !== null && typeof address === 'object' ? address.port : 0
}

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

async function until(holds: () => boolean): Promise<void> {
  const end = Date.now() + 60_000
  while (!holds()) {
    if (Date.now() > end) throw new Error(`waited in vain for: ${holds.toString()}`)
    await wait(50)
  }
}

describe.skipIf(compiled === undefined)('An SBI in Java', () => {
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
    await until(() => watch.sightings.length === 1)

    first.kill('SIGKILL')
    await once(first, 'exit')
    await until(() => watch.sightings.some((sighting) => watch.isAway(sighting)))
    start(port, flags, 4_000)
    await until(() => watch.sightings.every((sighting) => !watch.isAway(sighting)))
    stopping.abort()
    await running
    expect(events).toEqual(['appeared FLD000000000001'])
  })
})
