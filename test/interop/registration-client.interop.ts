import { spawn } from 'node:child_process'
import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it } from 'vitest'
import { PlayedCase } from '../../packages/simulator/src/corpus/played-case.ts'
import { readCorpus } from '../../packages/simulator/src/corpus/read-corpus.ts'
import { CACHE } from './cache.ts'
import { run, versionOf } from './programs.ts'

/** The corpus of SBI answers, read with the libraries of MOSIP's registration client. */

const HERE = join(import.meta.dirname, 'java', 'registration-client')
const LIBRARIES = join(CACHE, 'registration-client')

/** @returns why it cannot be done here */
function prepare(): string | undefined {
  if (versionOf(['javac', '-version']) === undefined) return 'no JDK (javac)'
  if (existsSync(join(LIBRARIES, 'jackson-databind-2.15.2.jar'))) return undefined
  if (versionOf(['mvn', '--version']) === undefined)
    return 'no Maven (mvn), which fetches Jackson, HttpClient and jose4j'
  mkdirSync(LIBRARIES, { recursive: true })
  const fetched = run([
    'mvn',
    '-q',
    '-B',
    '-f',
    join(HERE, 'pom.xml'),
    'dependency:copy-dependencies',
    `-DoutputDirectory=${LIBRARIES}`,
  ])
  return fetched.ok ? undefined : `Maven could not fetch the libraries: ${fetched.trouble}`
}

it('the registration client’s libraries read every case of the corpus as it says', async (test) => {
  const missing = prepare()
  if (missing !== undefined) return test.skip(missing)
  const corpus = readCorpus()
  const played = await Promise.all(corpus.map((one) => PlayedCase.open(one)))
  const java = spawn('java', ['-cp', `${LIBRARIES}/*`, join(HERE, 'ReadSbis.java')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  java.stdin.end(corpus.map(({ name }, at) => `${name} ${played[at]?.port}\n`).join(''))
  const found = new Map<string, unknown>()
  for await (const line of createInterface({ input: java.stdout })) {
    const [name = '', json = ''] = line.split('\t')
    found.set(name, JSON.parse(json))
  }
  await Promise.all(played.map((one) => one[Symbol.asyncDispose]()))
  const expected = corpus.map(({ name, expect: { registrationClient } }): [string, unknown] => [
    name,
    Object.fromEntries(
      registrationClient.devices
        .filter(({ verdict }) => verdict !== 'unseen')
        .map(({ serialNo, verdict, modality = '' }) => [serialNo, `${verdict} ${modality}`]),
    ),
  ])
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected))
}, 240_000)
