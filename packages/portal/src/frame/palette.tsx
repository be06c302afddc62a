import { Dialog } from '@base-ui/react/dialog'
import { clsx } from 'clsx'
import { CornerDownLeft, Search } from 'lucide-react'
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { KeyHint } from '../ui/key-hint.tsx'
import type { Command } from './commands.tsx'
import { commandToOpen } from './palette-choice.ts'
import { type PaletteGroup as Group, usePaletteGroups } from './palette-groups.ts'
import { takeTyped } from '../ui/typed-ahead.ts'

interface PaletteProps {
  /** `search` begins with devices, `command` with what can be done. */
  readonly mode: 'search' | 'command'
  readonly onClose: () => void
  readonly onKeys: () => void
}

export function Palette({ mode, onClose, onKeys }: PaletteProps) {
  const { t } = useTranslation()
  return (
    <Dialog.Root open onOpenChange={(next) => !next && onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="fixed inset-0 z-40 bg-scrim" />
        <Dialog.Popup className="fixed inset-x-4 top-[12vh] z-50 mx-auto flex max-h-[70vh] max-w-xl flex-col overflow-hidden rounded-lg bg-raised shadow-lift outline-none">
          <Dialog.Title className="sr-only">{t(`frame.palette.${mode}`)}</Dialog.Title>
          <PaletteBody mode={mode} onClose={onClose} onKeys={onKeys} />
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  )
}

function PaletteBody({ mode, onClose, onKeys }: PaletteProps) {
  const { t } = useTranslation()
  const listId = useId()
  const [text, setText] = useState('')
  const [index, setIndex] = useState(0)
  const { groups, acts, isSearching, isFailed } = usePaletteGroups(mode, text, onKeys)
  const flat = groups.flatMap((group) => group.commands)
  const current = flat[Math.min(index, flat.length - 1)]
  const run = (command: Command) => {
    onClose()
    command.run()
  }
  const type = (next: string) => {
    setText(next)
    setIndex(0)
  }
  const enter = useEnter({ mode, text, isSearching, flat, run })
  const input = useTypedAhead((typed) => {
    type(typed.text)
    if (typed.isEntered) enter(typed.text)
  })
  const onKeyDown = (event: React.KeyboardEvent) => {
    const isAct = mode === 'command' && current !== undefined && acts.includes(current)
    if (event.key === 'Enter' && isSearching && !isAct) enter(text)
    else if (event.key === 'Enter' && current !== undefined) run(current)
    else if (event.key === 'ArrowDown') setIndex((index + 1) % Math.max(flat.length, 1))
    else if (event.key === 'ArrowUp') setIndex((index - 1 + flat.length) % Math.max(flat.length, 1))
    else return
    event.preventDefault()
  }
  return (
    <>
      <div className="flex h-12 shrink-0 items-center gap-2.5 border-b border-line px-4">
        <Search aria-hidden="true" className="size-4 shrink-0 text-muted" />
        <input
          ref={input}
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={current === undefined ? undefined : `${listId}-${current.id}`}
          aria-label={t(`frame.palette.${mode}`)}
          placeholder={t(`frame.palette.${mode}-prompt`)}
          autoComplete="off"
          spellCheck={false}
          value={text}
          maxLength={LONGEST_SEARCH}
          onChange={(event) => type(event.target.value)}
          onKeyDown={onKeyDown}
          className="h-full min-w-0 flex-1 bg-transparent text-14 outline-none"
        />
        <KeyHint>Esc</KeyHint>
      </div>
      <div
        id={listId}
        role="listbox"
        aria-label={t('frame.palette.results')}
        className="overflow-y-auto p-1.5"
      >
        {groups.map((group) => (
          <PaletteGroup
            key={group.label}
            group={group}
            listId={listId}
            current={current}
            onRun={run}
          />
        ))}
      </div>
      {flat.length === 0 && (
        <p role="status" className="px-4 pt-3 pb-6 text-13 text-muted">
          {isFailed
            ? t('frame.palette.failed')
            : t(isSearching ? 'ui.loading' : 'frame.palette.nothing', { text })}
        </p>
      )}
    </>
  )
}

/** As many characters as the server takes for a search. */
const LONGEST_SEARCH = 100

/** The field has the focus from its first moment, and begins with what was typed before it was here. */
function useTypedAhead(take: (typed: ReturnType<typeof takeTyped>) => void) {
  const input = useRef<HTMLInputElement>(null)
  const latest = useRef(take)
  useLayoutEffect(() => {
    input.current?.focus()
    const typed = takeTyped()
    if (typed.text !== '') latest.current(typed)
  }, [])
  return input
}

interface Enter {
  readonly mode: PaletteProps['mode']
  readonly text: string
  readonly isSearching: boolean
  readonly flat: readonly Command[]
  readonly run: (command: Command) => void
}

/** Enter before the answer is here waits for it: what is opened is what the text finds, never what stood there before. */
function useEnter({ mode, text, isSearching, flat, run }: Enter): (text: string) => void {
  const entered = useRef<string>(undefined)
  useEffect(() => {
    // Whoever typed on wants something else.
    if (entered.current !== text || isSearching) return
    entered.current = undefined
    const command = commandToOpen(flat, text, mode)
    if (command !== undefined) run(command)
  })
  return (next) => {
    entered.current = next
  }
}

interface PaletteGroupProps {
  readonly group: Group
  readonly listId: string
  readonly current: Command | undefined
  readonly onRun: (command: Command) => void
}

function PaletteGroup({ group, listId, current, onRun }: PaletteGroupProps) {
  return (
    <div role="group" aria-label={group.label}>
      <p aria-hidden="true" className="px-2.5 pt-2 pb-1 text-12 text-muted">
        {group.label}
      </p>
      {group.commands.map((command) => (
        <PaletteOption
          key={command.id}
          command={command}
          id={`${listId}-${command.id}`}
          isCurrent={command === current || command.id === current?.id}
          onRun={onRun}
        />
      ))}
    </div>
  )
}

interface PaletteOptionProps {
  readonly command: Command
  readonly id: string
  readonly isCurrent: boolean
  readonly onRun: (command: Command) => void
}

function PaletteOption({ command, id, isCurrent, onRun }: PaletteOptionProps) {
  const element = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (isCurrent) element.current?.scrollIntoView({ block: 'nearest' })
  }, [isCurrent])
  return (
    // The input keeps the focus and its keys; the pointer is the second way.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events jsx-a11y/interactive-supports-focus
    <div
      ref={element}
      id={id}
      role="option"
      aria-selected={isCurrent}
      onClick={() => onRun(command)}
      className={clsx(
        'flex min-h-9 cursor-default items-center gap-2.5 rounded-md px-2.5 py-1.5 text-13',
        isCurrent ? 'bg-hover' : 'hover:bg-hover',
      )}
    >
      <span className="text-muted [&>svg]:size-4">{command.icon}</span>
      <span className="min-w-0 flex-1 truncate">{command.label}</span>
      {command.note !== undefined && <span className="text-12 text-muted">{command.note}</span>}
      {isCurrent && (
        <CornerDownLeft aria-hidden="true" className="size-3.5 text-faint rtl:-scale-x-100" />
      )}
    </div>
  )
}
