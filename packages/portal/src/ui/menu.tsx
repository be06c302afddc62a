import { Menu as Base } from '@base-ui/react/menu'
import { Check } from 'lucide-react'
import type { ReactElement, ReactNode } from 'react'

interface MenuProps {
  readonly trigger: ReactElement
  readonly align?: 'start' | 'end'
  readonly children: ReactNode
}

export function Menu({ trigger, align = 'end', children }: MenuProps) {
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal>
        <Base.Positioner align={align} sideOffset={6} className="z-50 outline-none">
          <Base.Popup className="min-w-52 rounded-lg bg-raised p-1 text-13 shadow-lift outline-none transition-opacity data-ending-style:opacity-0 data-starting-style:opacity-0">
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  )
}

const itemClass =
  'flex min-h-8 cursor-default items-center gap-2.5 rounded-sm px-2 py-1.5 outline-none select-none data-highlighted:bg-hover data-disabled:text-muted'

interface MenuItemProps {
  readonly icon?: ReactNode
  readonly onSelect: () => void
  readonly children: ReactNode
}

export function MenuItem({ icon, onSelect, children }: MenuItemProps) {
  return (
    <Base.Item className={itemClass} onClick={onSelect}>
      {icon !== undefined && <span className="text-muted [&>svg]:size-4">{icon}</span>}
      {children}
    </Base.Item>
  )
}

interface MenuChoicesProps<Value extends string> {
  readonly value: Value
  readonly onChange: (value: Value) => void
  readonly label: string
  readonly choices: readonly { value: Value; label: string; icon?: ReactNode }[]
}

export function MenuChoices<Value extends string>(props: MenuChoicesProps<Value>) {
  return (
    <Base.Group>
      <Base.GroupLabel className="px-2 pt-1.5 pb-1 text-12 text-muted">
        {props.label}
      </Base.GroupLabel>
      <Base.RadioGroup value={props.value} onValueChange={(next: Value) => props.onChange(next)}>
        {props.choices.map((choice) => (
          <Base.RadioItem key={choice.value} value={choice.value} className={itemClass}>
            {choice.icon !== undefined && (
              <span className="text-muted [&>svg]:size-4">{choice.icon}</span>
            )}
            <span className="flex-1">{choice.label}</span>
            <Base.RadioItemIndicator>
              <Check aria-hidden="true" className="size-3.5 text-accent" />
            </Base.RadioItemIndicator>
          </Base.RadioItem>
        ))}
      </Base.RadioGroup>
    </Base.Group>
  )
}

interface MenuToggleProps {
  readonly checked: boolean
  readonly onChange: (checked: boolean) => void
  readonly children: ReactNode
}

export function MenuToggle({ checked, onChange, children }: MenuToggleProps) {
  return (
    <Base.CheckboxItem
      checked={checked}
      onCheckedChange={onChange}
      closeOnClick={false}
      className={itemClass}
    >
      <span className="inline-flex size-4 items-center justify-center rounded-sm ring-1 ring-edge">
        <Base.CheckboxItemIndicator>
          <Check aria-hidden="true" className="size-3.5 text-accent" />
        </Base.CheckboxItemIndicator>
      </span>
      {children}
    </Base.CheckboxItem>
  )
}

export function MenuSeparator() {
  return <Base.Separator className="-mx-1 my-1 h-px bg-line" />
}

/** Words in a menu that cannot be chosen: who is signed in, what the choices mean. */
export function MenuNote({ children }: { children: ReactNode }) {
  return <div className="px-2 py-1.5">{children}</div>
}
