import { UsageError, need } from './program.ts'

/**
 * Completion for bash and zsh: the verbs, then the words of a group, then the options of a verb; file names where
 * neither fits. It is a table, because starting the program at each press of a key would take too long.
 */

export interface Completable {
  /** One word or two: `status`, `devices list`. */
  readonly name: string
  readonly options: Readonly<Record<string, { readonly type: 'string' | 'boolean' }>>
}

const SHELLS = { bash: forBash, zsh: forZsh }

/** @throws UsageError for a shell without completion */
export function writeCompletion(
  shell: string | undefined,
  program: string,
  verbs: readonly Completable[],
): string {
  const wanted = need(shell, 'The shell: bash or zsh')
  if (wanted !== 'bash' && wanted !== 'zsh')
    throw new UsageError(`There is no completion for “${wanted}”. There is: bash, zsh`)
  return SHELLS[wanted](program, verbs)
}

/** Every verb takes these. */
const COMMON = ['--help', '--version']

const optionsOf = ({ options }: Completable): string[] => [
  ...Object.keys(options).map((name) => `--${name}`),
  ...COMMON,
]

/** What can be said after the words so far: of nothing the first words, of a group its second ones. */
function listWords(verbs: readonly Completable[]): Map<string, Set<string>> {
  const words = new Map<string, Set<string>>()
  for (const { name } of verbs) {
    const [first = '', second] = name.split(' ')
    addTo(words, '', first)
    if (second !== undefined) addTo(words, first, second)
  }
  return words
}

function addTo(sets: Map<string, Set<string>>, key: string, value: string): void {
  const set = sets.get(key) ?? new Set()
  sets.set(key, set.add(value))
}

/** The word after one of these is its value, no verb. */
const listValued = (verbs: readonly Completable[]): string[] => [
  ...new Set(
    verbs.flatMap(({ options }) =>
      Object.entries(options).flatMap(([name, { type }]) => (type === 'string' ? `--${name}` : [])),
    ),
  ),
]

const branches = (verbs: readonly Completable[]): string =>
  [
    ...[...listWords(verbs)].map(([said, words]) => branch(`words:${said}`, [...words])),
    ...verbs.map((verb) => branch(`options:${verb.name}`, optionsOf(verb))),
  ].join('\n')

const branch = (key: string, words: readonly string[]): string =>
  `    '${key}') found='${words.toSorted().join(' ')}' ;;`

const nameOf = (program: string): string => `_${program.replaceAll('-', '_')}`

/** Both shells read this part: it sets `found` from `first`, `second` and `current`. */
const lookUp = (verbs: readonly Completable[], program: string): string => `
${nameOf(program)}_look_up() {
  found=
  case $1 in
${branches(verbs)}
  esac
}

${nameOf(program)}_find() {
  case $current in
    -*)
      ${nameOf(program)}_look_up "options:$first $second"
      [ -n "$found" ] || ${nameOf(program)}_look_up "options:$first"
      [ -n "$found" ] || found='${COMMON.join(' ')}' ;;
    *)
      if [ -z "$first" ]; then ${nameOf(program)}_look_up "words:"
      elif [ -z "$second" ]; then ${nameOf(program)}_look_up "words:$first"
      else found=
      fi ;;
  esac
}

# Sets first and second: the words that are neither options nor their values.
${nameOf(program)}_read() {
  local word previous=
  first= second=
  for word in "$@"; do
    case "$previous $word" in
      *' -'*) ;;
      ${listValued(verbs)
        .map((option) => `'${option} '*`)
        .join(' | ')}) ;;
      *) if [ -z "$first" ]; then first=$word; elif [ -z "$second" ]; then second=$word; fi ;;
    esac
    previous=$word
  done
}
`

function forBash(program: string, verbs: readonly Completable[]): string {
  const name = nameOf(program)
  return `# bash completion for ${program}
${lookUp(verbs, program)}
${name}() {
  local current=\${COMP_WORDS[COMP_CWORD]} first second found
  ${name}_read "\${COMP_WORDS[@]:1:COMP_CWORD-1}"
  ${name}_find
  mapfile -t COMPREPLY < <(compgen -W "$found" -- "$current")
}
complete -o default -F ${name} ${program}
`
}

function forZsh(program: string, verbs: readonly Completable[]): string {
  const name = nameOf(program)
  return `#compdef ${program}
${lookUp(verbs, program)}
${name}() {
  local current=$words[CURRENT] first second found
  ${name}_read "\${(@)words[2,CURRENT-1]}"
  ${name}_find
  if [[ -n $found ]]; then compadd -- \${=found}; else _files; fi
}
if [ "$funcstack[1]" = ${name} ]; then ${name} "$@"; else compdef ${name} ${program}; fi
`
}
