import { explain } from '@sanad/command-line/program'
import { WaitsForSecondPerson } from './connection.ts'
import { moment } from './terminal.ts'
import { runWords } from './run-words.ts'

/** Scripts tell it from "done" and from "refused": nothing has happened yet. */
const PROPOSED = 3

/** The operators’ command line, over the same API as the portal. */
try {
  await runWords(process.argv.slice(2))
} catch (error) {
  process.exitCode = error instanceof WaitsForSecondPerson ? tellProposed(error) : explain(error)
}

function tellProposed({ proposed }: WaitsForSecondPerson): number {
  const { proposalId, expiresAt } = proposed
  process.stdout.write(
    process.argv.includes('--json')
      ? `${JSON.stringify(proposed)}\n`
      : `Nothing was done yet: a second person must confirm it, until ${moment(expiresAt)}.\n` +
          `They read it by: sanad proposals show ${proposalId}\n`,
  )
  return PROPOSED
}
