import { wrap } from '@sanad/client/explain/paragraphs'
import { UsageError } from '@sanad/command-line/program'
import { untilStopped } from '../stop-signals.ts'
import type { CorpusCase } from './corpus-case.ts'
import { PlayedCase } from './played-case.ts'
import { readCase, readCorpus } from './read-corpus.ts'

/** `sanad simulator corpus`: for makers of SBIs and of clients, at a terminal. */

const write = (line: string): void => void process.stdout.write(`${line}\n`)

/** MDS 0.9.5 › Device Discovery: where clients look first. */
const USUAL_PORT = 4501

export function listCorpus(asJson: boolean): void {
  const cases = readCorpus()
  if (asJson)
    return write(
      JSON.stringify(
        cases.map(({ name, group, edition, about }) => ({ name, group, edition, about })),
      ),
    )
  let group: string | undefined
  for (const one of cases.toSorted((a, b) => a.group.localeCompare(b.group))) {
    if (one.group !== group) write(`${group === undefined ? '' : '\n'}${one.group}`)
    group = one.group
    write(`  ${one.name}\n${indent(one.about, '      ')}`)
  }
}

/** Until SIGTERM or SIGINT. */
export async function playCorpusCase(name: string, portText: string | undefined): Promise<void> {
  const played = readNamed(name)
  await using open = await PlayedCase.open(played, readPort(portText), (verb) =>
    write(`asked: ${verb}`),
  )
  write(`${played.name} on port ${open.port}\n${indent(played.about, '  ')}\n`)
  write(describeExpectation(played))
  await untilStopped()
}

function readNamed(name: string): CorpusCase {
  try {
    return readCase(name)
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : name)
  }
}

function readPort(text: string | undefined): number {
  const port = Number(text ?? USUAL_PORT)
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new UsageError(`“${text}” is not a port`)
  return port
}

function describeExpectation({ expect: { client, registrationClient } }: CorpusCase): string {
  const ofDevice = (answer: string, field: string): string => `${answer} ${field || 'as a whole'}`
  return [
    'What has to come of it, in Sanad’s client:',
    ...client.devices.flatMap(({ serialNo, level, tolerated = [] }) => [
      `  meets ${serialNo}, level ${level}`,
      ...tolerated.map(
        ({ answer, field, kind }) => `    tolerates ${ofDevice(answer, field)}: ${kind}`,
      ),
    ]),
    ...(client.tolerated ?? []).map(
      ({ answer, kind }) => `  tolerates ${ofDevice(answer, '')}: ${kind}`,
    ),
    ...client.refused.map(
      ({ serialNo, answer, field, code }) =>
        `  refuses ${ofDevice(answer, field)}${serialNo === undefined ? '' : ` of ${serialNo}`}: ${code}`,
    ),
    ...(client.devices.length + client.refused.length === 0 ? ['  finds no device'] : []),
    'and in MOSIP’s registration client:',
    ...registrationClient.devices.map(
      ({ serialNo, verdict, modality, why }) =>
        `  ${serialNo}: ${[verdict, modality, why].filter((word) => word !== undefined).join(', ')}`,
    ),
    ...(registrationClient.devices.length === 0 ? ['  finds no device'] : []),
  ].join('\n')
}

const indent = (text: string, by: string): string => wrap(text, by, by).join('\n')
