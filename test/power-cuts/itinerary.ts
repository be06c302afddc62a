import type { Form } from './forms.ts'
import type { Round, RoundPlan } from './round.ts'
import type { Scenario } from './scenarios.ts'
import type { ServerCutPlan } from './server-cuts.ts'

/** Where the next cut comes: so that after some hundred rounds each place was visited, and in the end each state of it. */

/** Of a hundred rounds. */
const IN_FLIGHT = 10
const DATABASE = 20
const TOKEN = 3
const AGAIN = 20
const GOLDEN = 0.618_033_988_749_895

interface Course {
  /** Of the client, by an uncut life; unknown before the first. */
  steps: readonly string[]
  /** How many statements the server makes; a guess that grows and falls. */
  statements: number
  rounds: number
  disk: number
  flights: number
  /** By step: which state of the disk comes next, and how many there are. */
  readonly states: Map<number, { next: number; count: number }>
  database: number
}

const SERVER_CUTS: readonly Omit<ServerCutPlan, 'at'>[] = [
  { what: 'process', when: 'after' },
  { what: 'connection', when: 'before' },
  { what: 'process', when: 'before' },
  { what: 'connection', when: 'after' },
]

export class Itinerary {
  readonly #courses = new Map<string, Course>()

  next(scenario: Scenario, form: Form): RoundPlan {
    const course = this.#courseOf(scenario, form)
    // The first one shows the way.
    if (course.steps.length === 0) return { scenario, again: false }
    const again = Math.random() * 100 < AGAIN
    const lot = (course.rounds++ * GOLDEN * 100) % 100
    if (lot < TOKEN && !scenario.name.endsWith('purge'))
      return { scenario, again: false, token: Math.random() < 0.5 ? 'before' : 'after' }
    if (lot < TOKEN + DATABASE) return { scenario, again, database: nextOfDatabase(course) }
    if (lot < TOKEN + DATABASE + IN_FLIGHT) return { scenario, again, client: nextFlight(course) }
    return { scenario, again, client: nextOfDisk(course) }
  }

  learn(form: Form, { scenario, client, database, token }: RoundPlan, round: Round): void {
    const course = this.#courseOf(scenario, form)
    const isUncut = client === undefined && database === undefined && token === undefined
    if (isUncut) course.steps = round.steps
    if (client !== undefined && !client.inFlight && round.states > 0) {
      const seen = course.states.get(client.at) ?? { next: 1, count: 0 }
      course.states.set(client.at, { ...seen, count: Math.max(seen.count, round.states) })
    }
    if (database === undefined) return
    const wasHit = round.step !== undefined
    if (wasHit) course.statements = Math.max(course.statements, database.at + 4)
    else course.statements = Math.max(4, Math.min(course.statements, database.at))
  }

  /** Steps of the client that were cut, and in how many states the disk could be at them, all in all. */
  coverage(): { readonly places: number; readonly offered: number } {
    const states = [...this.#courses.values()].flatMap((course) => [...course.states.values()])
    return {
      places: states.length,
      offered: states.reduce((sum, { count }) => sum + count, 0),
    }
  }

  #courseOf({ name }: Scenario, form: Form): Course {
    const key = `${name} ${form}`
    const found = this.#courses.get(key)
    if (found !== undefined) return found
    const course: Course = {
      steps: [],
      statements: 16,
      rounds: 0,
      disk: 0,
      flights: 0,
      states: new Map(),
      database: 0,
    }
    this.#courses.set(key, course)
    return course
  }
}

function nextOfDatabase(course: Course): ServerCutPlan {
  const turn = course.database++
  const kind = SERVER_CUTS[turn % SERVER_CUTS.length] ?? { what: 'process', when: 'after' }
  return { ...kind, at: 1 + Math.floor(((turn * GOLDEN) % 1) * course.statements) }
}

function nextFlight(course: Course): NonNullable<RoundPlan['client']> {
  const sends = course.steps.flatMap((step, index) => (step.startsWith('send ') ? [index + 1] : []))
  return { at: sends[course.flights++ % sends.length] ?? 1, state: 0, inFlight: true }
}

/** A state that nobody has seen yet, at this step or the next one that has any; later any of them again. */
function nextOfDisk(course: Course): NonNullable<RoundPlan['client']> {
  const count = course.steps.length
  const begin = Math.floor(((course.disk++ * GOLDEN) % 1) * count)
  for (let ahead = 0; ahead < count; ahead++) {
    const at = 1 + ((begin + ahead) % count)
    const states = course.states.get(at) ?? { next: 0, count: 1 }
    if (states.next >= states.count) continue
    course.states.set(at, { ...states, next: states.next + 1 })
    return { at, state: states.next, inFlight: false }
  }
  const states = course.states.get(begin + 1)?.count ?? 1
  return { at: begin + 1, state: Math.floor(Math.random() * states), inFlight: false }
}
