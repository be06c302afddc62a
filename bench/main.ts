import { parseArgs } from 'node:util'
import { measureChannels } from './channel.ts'
import { measureCheckIns } from './check-in.ts'
import { type Finding, printFindings } from './figures.ts'
import { measureForecast } from './forecast.ts'
import { measureIssuance } from './issuance.ts'
import { measureMemory } from './memory.ts'
import { measureRepository } from './repository.ts'
import { measureRotations } from './rotation.ts'
import { Site } from './site.ts'

/** `sanad bench [--json] [name …]`: benchmarks, each beside its baseline in the same run. */
const BENCHMARKS: Readonly<Record<string, (site: Site) => Promise<readonly Finding[]>>> = {
  issuance: measureIssuance,
  'check-in': measureCheckIns,
  memory: measureMemory,
  repository: measureRepository,
  rotation: measureRotations,
  channel: measureChannels,
  // Last: it leaves a million devices behind.
  forecast: measureForecast,
}

const { values, positionals } = parseArgs({
  options: { json: { type: 'boolean', default: false } },
  allowPositionals: true,
})

async function run(names: readonly string[]): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  await using site = await Site.open((line) => process.stderr.write(`${line}\n`))
  for (const name of names) {
    process.stderr.write(`measuring ${name} …\n`)
    findings.push(...((await BENCHMARKS[name]?.(site)) ?? []))
  }
  return findings
}

const names = positionals.length === 0 ? Object.keys(BENCHMARKS) : positionals
if (names.every((name) => Object.hasOwn(BENCHMARKS, name))) {
  const findings = await run(names)
  if (values.json) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`)
  else printFindings(findings)
} else {
  process.stderr.write(`sanad bench [--json] [${Object.keys(BENCHMARKS).join('|')}] …\n`)
  process.exitCode = 2
}
