import { UsageError, runProgram } from '../packages/command-line/src/program.ts'
import { PROGRAMS } from '../packages/command-line/src/programs.ts'
import { measureAbuse } from './abuse/abuse.ts'
import { measureBlastRadii } from './blast-radii.ts'
import { measureCampaigns } from './campaigns.ts'
import { measureChannels } from './channel.ts'
import { measureCheckIns } from './check-in.ts'
import { type Finding, printFindings } from './figures.ts'
import { measureForecast } from './forecast.ts'
import { measureIssuance } from './issuance.ts'
import { measureMemory } from './memory.ts'
import { measureRecord } from './record.ts'
import { measureRepository } from './repository.ts'
import { measureRotations } from './rotation.ts'
import { Site } from './site.ts'

/** Benchmarks, each beside its baseline in the same run. */
const BENCHMARKS: Readonly<Record<string, (site: Site) => Promise<readonly Finding[]>>> = {
  issuance: measureIssuance,
  'check-in': measureCheckIns,
  memory: measureMemory,
  repository: measureRepository,
  rotation: measureRotations,
  record: measureRecord,
  channel: measureChannels,
  abuse: measureAbuse,
  // Last: each leaves a million devices behind, so a run has one of the three.
  forecast: measureForecast,
  campaigns: measureCampaigns,
  'blast-radii': measureBlastRadii,
}

const ALL = Object.keys(BENCHMARKS).filter((name) => name !== 'campaigns' && name !== 'blast-radii')

async function run(names: readonly string[]): Promise<readonly Finding[]> {
  const findings: Finding[] = []
  await using site = await Site.open((line) => process.stderr.write(`${line}\n`))
  for (const name of names) {
    process.stderr.write(`measuring ${name} …\n`)
    findings.push(...((await BENCHMARKS[name]?.(site)) ?? []))
  }
  return findings
}

await runProgram(PROGRAMS.bench, async ({ values, positionals }) => {
  const unknown = positionals.find((name) => !Object.hasOwn(BENCHMARKS, name))
  if (unknown !== undefined)
    throw new UsageError(
      `there is no benchmark “${unknown}”; there are: ${Object.keys(BENCHMARKS).join(', ')}`,
    )
  const findings = await run(positionals.length === 0 ? ALL : positionals)
  if (values.json === true) process.stdout.write(`${JSON.stringify(findings, null, 2)}\n`)
  else printFindings(findings)
})
