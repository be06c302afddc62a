import { ChevronRight } from 'lucide-react'
import { Fragment, useEffect, type ReactNode } from 'react'
import { Link } from '@tanstack/react-router'

interface Crumb {
  readonly label: string
  readonly to: string
  readonly search?: Readonly<Record<string, string>>
}

interface PageProps {
  /** The document title, as text. */
  readonly name: string
  readonly title?: ReactNode
  readonly crumbs?: readonly Crumb[]
  readonly note?: ReactNode
  readonly actions?: ReactNode
  readonly children: ReactNode
}

/** A screen: its title carries the breadcrumb, its actions stand at the inline end. */
export function Page({ name, title, crumbs = [], note, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${name} · Sanad`
  }, [name])
  return (
    <div className="mx-auto flex w-full max-w-[1440px] flex-col gap-4 px-4 pt-5 pb-16 sm:px-6">
      <header className="flex flex-wrap items-center gap-x-4 gap-y-3">
        <div className="min-w-0 flex-1 basis-64">
          <h1
            tabIndex={-1}
            className="flex flex-wrap items-center gap-x-1.5 text-20 font-semibold wrap-anywhere"
          >
            {crumbs.map((crumb) => (
              <Fragment key={crumb.to}>
                <Link
                  to={crumb.to}
                  // A crumb names its address as text; which parts that takes is not in its type.
                  search={(crumb.search ?? {}) as never}
                  className="rounded-sm font-normal text-muted hover:text-ink"
                >
                  {crumb.label}
                </Link>
                <ChevronRight
                  aria-hidden="true"
                  className="size-4 shrink-0 text-faint rtl:-scale-x-100"
                />
              </Fragment>
            ))}
            {title ?? name}
          </h1>
          {note !== undefined && (
            <div className="mt-0.5 text-13 wrap-anywhere text-muted">{note}</div>
          )}
        </div>
        {actions !== undefined && (
          <div className="flex flex-wrap items-center gap-2">{actions}</div>
        )}
      </header>
      {children}
    </div>
  )
}
