import { clsx } from 'clsx'
import { Search } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { controlClass } from './field.tsx'

interface SearchInputProps {
  readonly label: string
  readonly value: string
  readonly onChange: (value: string) => void
}

const TYPING_MS = 250

/** Words to look for; told on when the typing pauses. */
export function SearchInput({ label, value, onChange }: SearchInputProps) {
  const [text, setText] = useState(value)
  const [seen, setSeen] = useState(value)
  if (seen !== value) {
    setSeen(value)
    if (value !== text.trim()) setText(value)
  }
  const latest = useRef({ value, onChange })
  useEffect(() => {
    latest.current = { value, onChange }
  })
  useEffect(() => {
    const words = text.trim()
    if (words === latest.current.value) return
    const timer = setTimeout(() => latest.current.onChange(words), TYPING_MS)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <div className="relative min-w-0 flex-1 basis-60 sm:max-w-sm">
      <Search aria-hidden="true" className="absolute start-2.5 top-2.5 size-4 text-muted" />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => setText(event.target.value)}
        className={clsx(controlClass, 'h-9 ps-8.5 text-13')}
      />
    </div>
  )
}
