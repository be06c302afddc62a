import { SanadError } from '@sanad/protocol/text/problems'
import { foldName } from './guess-ledger.ts'

/**
 * Refuses passwords that everybody tries first.
 *
 * NIST SP 800-63B-4 §3.1.1.2: a list of common and expected passwords, context words such as the service’s name and
 * the account’s, and nothing about which characters must be in it. The list and the patterns (keyboards, rows,
 * repetitions, letters turned into digits) are zxcvbn’s.
 */

const SHORTEST_PASSWORD = 12
/** zxcvbn’s time grows with the square of the length, and 64 characters tell enough. */
const LOOKED_AT = 64
/** So many guesses, as a power of ten: Argon2id, stolen, takes a year of one core for a tenth of it. */
const FEWEST_GUESSES = 9
const WORDS_OF_THIS_PLACE = ['sanad', 'mosip', 'management', 'server', 'operator', 'administrator']

type Estimate = (password: string, words: string[]) => number
let estimate: Promise<Estimate> | undefined

/** 20 MB of lists: only where a password is chosen. */
async function loadEstimate(): Promise<Estimate> {
  const [{ ZxcvbnFactory }, { dictionary, adjacencyGraphs }] = await Promise.all([
    import('@zxcvbn-ts/core'),
    import('@zxcvbn-ts/language-common'),
  ])
  const zxcvbn = new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs, maxLength: LOOKED_AT })
  return (password, words) => zxcvbn.check(password, words).guessesLog10
}

/** @throws SanadError `operator.password-weak`, with what is wrong as its detail; never with the password */
export async function refuseWeakPassword(password: string, name: string): Promise<void> {
  const typed = password.normalize('NFC')
  if (Array.from(typed).length < SHORTEST_PASSWORD)
    throw weak(`it is shorter than ${SHORTEST_PASSWORD} characters`)
  const folded = foldName(typed)
  const own = foldName(name)
  if (own.length > 2 && folded.includes(own) && folded.length - own.length < SHORTEST_PASSWORD)
    throw weak('it is mostly the operator’s own name')
  estimate ??= loadEstimate()
  const guesses = (await estimate)(typed.slice(0, LOOKED_AT), [
    ...WORDS_OF_THIS_PLACE,
    ...own.split(/[^\p{L}\p{N}]+/u).filter((word) => word.length > 2),
  ])
  if (guesses < FEWEST_GUESSES) throw weak('it is common, or easily guessed')
}

const weak = (why: string): SanadError => new SanadError('operator.password-weak', why)
