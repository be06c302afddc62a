import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative, resolve } from 'node:path'
import { UsageError, runProgram } from '@sanad/command-line/program'
import { PROGRAMS } from '@sanad/command-line/programs'
import { type Bundle, bundleClient } from '../packages/client/tools/build.ts'
import { makeClientPackage } from './linux/client-package.ts'
import { ROOT } from './root.ts'
import { TARGETS, type Target, isTarget } from './targets.ts'
import { makeWindowsPackage } from './windows/client-package.ts'

/** Packages of the client, for the computers beside the devices. */

interface Order {
  /** Of both architectures of Linux: made once, when the first of them is asked for. */
  readonly bundle: () => Promise<Bundle>
  readonly version: string
  /** Seconds since the epoch. */
  readonly madeAt: number
  readonly folder: string
}

await runProgram(PROGRAMS.package, async ({ values, positionals }) => {
  const targets = readTargets(positionals)
  const folder = resolve(values.directory ?? join(ROOT, 'dist'))
  mkdirSync(folder, { recursive: true })
  let bundled: Promise<Bundle> | undefined
  const bundle = (): Promise<Bundle> => (bundled ??= bundleClient(folder))
  const version = readVersion()
  const madeAt = readTime()
  for (const target of targets) tell(await make(target, { bundle, version, madeAt, folder }))
})

async function make(target: Target, { bundle, ...order }: Order): Promise<string> {
  process.stderr.write(`Making the package for ${target} …\n`)
  switch (target) {
    case 'linux-x64':
    case 'linux-arm64':
      return makeClientPackage({ target, bundle: await bundle(), ...order })
    case 'win-x64':
      return await makeWindowsPackage(order)
  }
}

/** @throws UsageError */
function readTargets(words: readonly string[]): Target[] {
  const targets = words.filter(isTarget)
  const wrong = words.find((word) => !isTarget(word))
  if (wrong !== undefined)
    throw new UsageError(`There is no “${wrong}”. There are: ${Object.keys(TARGETS).join(', ')}`)
  return targets.length > 0 ? targets : ['linux-x64', 'linux-arm64', 'win-x64']
}

function readVersion(): string {
  const text = readFileSync(join(ROOT, 'packages/client/package.json'), 'utf8')
  return (JSON.parse(text) as { version: string }).version
}

/** Of the last commit, so that the same sources make the same package: https://reproducible-builds.org/specs/source-date-epoch/ */
function readTime(): number {
  const given = process.env['SOURCE_DATE_EPOCH']
  if (given !== undefined) return Number(given)
  return Number(execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: ROOT, encoding: 'utf8' }))
}

function tell(file: string): void {
  const megabytes = (statSync(file).size / 1e6).toFixed(1)
  process.stdout.write(`${relative(process.cwd(), file)}  ${megabytes} MB\n`)
}
