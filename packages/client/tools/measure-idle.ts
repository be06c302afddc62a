import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Desk, aDevice, until } from '../test/desk.ts'

/**
 * What the agent costs while it has nothing to do: one line of JSON. Three devices, registered; the time interface on.
 *
 *   measure-idle.ts [<seconds>] [<program>]     a packaged program; without one the built file, as the front door runs it
 */

const ENTRY = join(import.meta.dirname, '..', 'dist', 'sanad-client.cjs')
const FLAGS = ['--jitless', '--max-semi-space-size=1', '--optimize-for-size']
const [, , seconds = '60', packaged] = process.argv
const SECONDS = Number(seconds)
const TICKS_A_SECOND = 100

const [program, ...flags] =
  packaged === undefined ? [process.execPath, ...FLAGS, ENTRY] : [packaged]
if (!existsSync(packaged ?? ENTRY)) throw new Error('build first: npm run build -w @sanad/client')
await using desk = await Desk.open()
for (const kind of ['slap', 'iris', 'face'] as const) await desk.plug(aDevice(kind))
const config = desk.writeConfig({
  logLevel: 'info',
  portRange: { from: 4501, to: 4600 },
  sbiTime: { directory: join(desk.directory, 'sbi-time'), port: 4499 },
})
const begun = performance.now()
const child = spawn(program ?? '', [...flags, '--config', config], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
let log = ''
let startMs = 0
child.stdout.once('data', () => (startMs = Math.round(performance.now() - begun)))
child.stdout.on('data', (chunk) => (log += String(chunk)))
const count = (message: string): number => log.split(`"msg":"${message}"`).length - 1
await until(() => count('device checked in') >= 3)

await wait(5_000)
const before = readCpuTicks(child.pid)
await wait(SECONDS * 1000)
const ticks = readCpuTicks(child.pid) - before
process.stdout.write(
  `${JSON.stringify({
    residentMegabytes: toMegabytes(readResidentKilobytes(child.pid)),
    // Of pages that several processes share, its part.
    proportionalMegabytes: toMegabytes(readProportionalKilobytes(child.pid)),
    /** From the start of the process to its first line, which it writes when it begins to look for devices. */
    startMs,
    processorPercent: Math.round(((ticks / TICKS_A_SECOND) * 10_000) / SECONDS) / 100,
    seconds: SECONDS,
    // More than three, or any failure: other devices of this machine were in the way.
    devicesFound: count('device found'),
    failedSteps: count('a step failed'),
  })}\n`,
)
child.kill('SIGTERM')

/** proc(5): user and system time are fields 14 and 15, after the name in parentheses. */
function readCpuTicks(pid = 0): number {
  const [, fields = ''] = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')
  const numbers = fields.split(' ').map(Number)
  return (numbers[11] ?? 0) + (numbers[12] ?? 0)
}

function readResidentKilobytes(pid = 0): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes)
}

function readProportionalKilobytes(pid = 0): number {
  const [, kilobytes] = /Pss:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')) ?? []
  return Number(kilobytes)
}

function toMegabytes(kilobytes: number): number {
  return Math.round(kilobytes / 102.4) / 10
}
