import { need, runProgram } from '@sanad/command-line/program'
import { PROGRAMS } from '@sanad/command-line/programs'
import { Pkcs11Hsm } from '../hsm/pkcs11-hsm.ts'
import { loadConfig } from '../platform/config.ts'
import { hsmConfigOf } from '../hsm/hsm-of-config.ts'
import { openServerDatabase } from '../platform/server-database.ts'
import { readCeremonyPlan } from './ceremony-plan.ts'
import { Ceremony } from './ceremony.ts'
import { describePlan } from './plan-in-words.ts'
import { writeTranscript } from './transcript.ts'

async function holdCeremony(
  configPath: string,
  planPath: string,
  showOnly: boolean,
): Promise<void> {
  const config = await loadConfig(configPath)
  const read = await readCeremonyPlan(planPath)
  say(`${read.plan.ceremony}, for ${config.organisation}`)
  say(`plan: ${planPath}, SHA-256 ${read.sha256}`)
  for (const { name, role } of read.plan.attendees) say(`attends: ${name}, ${role}`)
  for (const [index, step] of describePlan(read.plan).entries()) say(`${index + 1}. ${step}`)
  if (showOnly) return
  const hsm = await Pkcs11Hsm.open(hsmConfigOf(config))
  const { database, close } = await openServerDatabase(config)
  try {
    const { organisation, dataDirectory } = config
    const parts = { hsm, database, organisation, dataDirectory, now: Date.now() }
    const steps = await new Ceremony(parts, planPath).carryOut(read)
    for (const { step, outcome, details } of steps)
      say(`${outcome === 'done' ? '✓' : '·'} ${step} ${JSON.stringify(details)}`)
    say(`transcript: ${await writeTranscript(parts, read, steps)}`)
  } finally {
    await close()
    await hsm.close()
  }
}

const say = (line: string): boolean => process.stdout.write(`${line}\n`)

await runProgram(PROGRAMS.ceremony, ({ values }) =>
  holdCeremony(
    need(values.config, '--config <server.yaml>'),
    need(values.file, '--file <ceremony.yaml>'),
    values['show-only'] === true,
  ),
)
