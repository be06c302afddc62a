import { Dialog } from '@base-ui/react/dialog'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { clsx } from 'clsx'
import { CornerDownLeft, Search } from 'lucide-react'
import { useDeferredValue, useEffect, useId, useRef, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { deviceSearchQuery } from '../devices/device-queries.ts'
import { KeyHint } from '../ui/key-hint.tsx'
import { useCommands, type Command } from './commands.tsx'
import { deviceCommand } from './device-command.tsx'

interface PaletteProps {
  /** `search` begins with devices, `command` with what can be done. */
  readonly mode: 'search' | 'command'
  readonly onClose: () => void
  readonly onKeys: () => void
}

interface Group {
  readonly label: string
  readonly commands: readonly Command[]
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
  const { groups, isSearching } = useGroups(mode, text, onKeys)
  const flat = groups.flatMap((group) => group.commands)
  const current = flat[Math.min(index, flat.length - 1)]
  const run = (command: Command) => {
    onClose()
    command.run()
  }
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.key === 'Enter' && current !== undefined) run(current)
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
          role="combobox"
          aria-expanded="true"
          aria-controls={listId}
          aria-activedescendant={current === undefined ? undefined : `${listId}-${current.id}`}
          aria-label={t(`frame.palette.${mode}`)}
          placeholder={t(`frame.palette.${mode}-prompt`)}
          autoComplete="off"
          spellCheck={false}
          value={text}
          onChange={(event) => {
            setText(event.target.value)
            setIndex(0)
          }}
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
          {t(isSearching ? 'ui.loading' : 'frame.palette.nothing', { text })}
        </p>
      )}
    </>
  )
}

function useGroups(mode: PaletteProps['mode'], text: string, onKeys: () => void) {
  const { t } = useTranslation()
  const navigate = useNavigate()
  const words = useDeferredValue(text.trim())
  const commands = useCommands(onKeys)
  const search = useQuery({ ...deviceSearchQuery(words), enabled: words.length >= 2 })
  const devices: Group = {
    label: t('frame.palette.devices'),
    commands:
      words.length < 2
        ? []
        : (search.data?.items ?? []).map((device) => deviceCommand(device, navigate)),
  }
  const doable: Group = {
    label: t('frame.palette.commands'),
    commands: commands.filter((command) => matches(command.label, words)),
  }
  const ordered = mode === 'search' || words.length >= 3 ? [devices, doable] : [doable, devices]
  return {
    groups: ordered.filter((group) => group.commands.length > 0),
    isSearching: search.isFetching,
  }
}

function matches(label: string, words: string): boolean {
  const text = label.toLowerCase()
  return words
    .toLowerCase()
    .split(/\s+/)
    .every((word) => text.includes(word))
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
